package org.lawtap.sink.verify;

/** Placeholder until the page is drawn. */
public final class HtmlReport {
    private HtmlReport() {}

    /** The page. */
    public static String write(VerifyResult result) {
        return result.verdict();
    }
}
