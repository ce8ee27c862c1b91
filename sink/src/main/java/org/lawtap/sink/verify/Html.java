package org.lawtap.sink.verify;

import java.util.List;

/** HTML in which no text of the evidence can be anything but text. */
final class Html {
    private final StringBuilder page = new StringBuilder();

    /** Text that stands for itself, in content and in attributes. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            switch (character) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default ->
                    escaped.append(Character.isISOControl(character) && character != '\n' ? '\ufffd' : character);
            }
        }
        return escaped.toString();
    }

    /** HTML as it is. */
    Html raw(String html) {
        page.append(html);
        return this;
    }

    /** An element with text. */
    Html element(String name, String text) {
        return element(name, "", text);
    }

    /** An element of a class with text. */
    Html element(String name, String kind, String text) {
        page.append('<').append(name);
        if (!kind.isEmpty()) {
            page.append(" class=\"").append(kind).append('"');
        }
        page.append('>').append(escape(text)).append("</").append(name).append(">\n");
        return this;
    }

    /** The beginning of a table. @param kind its class @param heads a head that begins with # is of numbers */
    Html table(String kind, List<String> heads) {
        page.append("<div class=\"wide\"><table class=\"").append(kind).append("\"><thead><tr>");
        for (String head : heads) {
            boolean number = head.startsWith("#");
            element("th", number ? "number" : "", number ? head.substring(1) : head);
        }
        page.append("</tr></thead><tbody>\n");
        return this;
    }

    Html endTable() {
        page.append("</tbody></table></div>\n");
        return this;
    }

    @Override
    public String toString() {
        return page.toString();
    }
}
