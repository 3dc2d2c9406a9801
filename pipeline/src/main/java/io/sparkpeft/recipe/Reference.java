package io.sparkpeft.recipe;

/** The reference of all keys as Markdown: the middle of conf/README.md. */
public final class Reference {
  private Reference() {}

  public static String markdown() {
    StringBuilder text = new StringBuilder();
    String section = "";
    for (Key<?> key : RecipeKeys.all()) {
      String here = key.name().substring(0, key.name().indexOf('.'));
      if (!here.equals(section)) {
        section = here;
        text.append("\n### ").append(section).append("\n\n");
        text.append("| key | type | default | meaning | named after |\n");
        text.append("|---|---|---|---|---|\n");
      }
      text.append(row(key)).append('\n');
    }
    return text.toString();
  }

  private static String row(Key<?> key) {
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            key.name(),
            key.type().name(),
            key.defaultDescription(),
            key.meaning().replace("|", "\\|"),
            key.namedAfter());
  }
}
