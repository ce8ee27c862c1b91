package org.lawtap.deploy.registry;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** What {@code lawtap schemas register} did. */
record Commanded(int code, String out, String err) {
    static Commanded register(String url, String... more) {
        List<String> arguments = new ArrayList<>(List.of("register", "--registry", url));
        arguments.addAll(List.of(more));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = new CommandLine(new SchemasCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
        return new Commanded(code, out.toString(), err.toString());
    }
}
