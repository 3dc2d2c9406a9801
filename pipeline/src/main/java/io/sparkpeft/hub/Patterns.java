package io.sparkpeft.hub;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files are wanted, as huggingface_hub says it: with wildcards {@code *} and {@code ?}, which
 * stand for slashes too; a pattern that ends in a slash stands for all below it.
 *
 * @param allow those wanted; empty for all
 * @param ignore those of them that are not
 */
public record Patterns(List<String> allow, List<String> ignore) {
  public Patterns {
    allow = List.copyOf(allow);
    ignore = List.copyOf(ignore);
  }

  boolean take(String path) {
    return (allow.isEmpty() || matches(allow, path)) && !matches(ignore, path);
  }

  private static boolean matches(List<String> patterns, String path) {
    return patterns.stream().anyMatch(pattern -> expression(pattern).matcher(path).matches());
  }

  private static Pattern expression(String pattern) {
    String whole = pattern.endsWith("/") ? pattern + "*" : pattern;
    return Pattern.compile(
        whole
            .chars()
            .mapToObj(
                c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf((char) c)))
            .collect(Collectors.joining()));
  }
}
