package io.sparkpeft.report;

import io.sparkpeft.chart.Markup;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A piece of a page that is well-formed: whatever becomes one is escaped.
 *
 * @param markup elements and escaped text
 */
record Html(String markup) {
  static final Html NOTHING = new Html("");

  /** A name, then an id and classes if there are any. */
  private static final Pattern NAME = Pattern.compile("(\\w+)(?:#([\\w-]+))?((?:\\.[\\w-]+)*)");

  static Html text(String plain) {
    return new Html(Markup.escape(plain));
  }

  /** A picture, which is markup already. */
  static Html svg(String svg) {
    return new Html(svg);
  }

  /**
   * An element.
   *
   * @param name such as {@code p}, {@code section#data} or {@code td.number}
   */
  static Html tag(String name, Html... content) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      throw new IllegalArgumentException(name);
    }
    String id = parts.group(2) == null ? "" : " id=\"" + parts.group(2) + "\"";
    String classes =
        parts.group(3).isEmpty()
            ? ""
            : " class=\"" + parts.group(3).substring(1).replace('.', ' ') + "\"";
    String element = parts.group(1);
    return new Html(
        "<" + element + id + classes + ">" + all(List.of(content)).markup + "</" + element + ">");
  }

  static Html tag(String name, String plain) {
    return tag(name, text(plain));
  }

  static Html tag(String name, List<Html> content) {
    return tag(name, content.toArray(Html[]::new));
  }

  /** A link within the page. */
  static Html link(String id, String plain) {
    return new Html("<a href=\"#" + Markup.escape(id) + "\">" + Markup.escape(plain) + "</a>");
  }

  /** What is read only when it is asked for. */
  static Html details(String summary, Html content) {
    return tag("details", tag("summary", summary), content);
  }

  static Html all(List<Html> pieces) {
    return new Html(pieces.stream().map(Html::markup).collect(Collectors.joining()));
  }

  static Html all(Html... pieces) {
    return all(Stream.of(pieces).toList());
  }

  boolean isNothing() {
    return markup.isEmpty();
  }
}
