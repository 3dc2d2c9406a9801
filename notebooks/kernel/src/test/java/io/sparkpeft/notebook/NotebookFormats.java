package io.sparkpeft.notebook;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.notebook.Lesson.Kind;
import io.sparkpeft.notebook.Lesson.Part;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;

/** Lessons as Jupyter's notebooks (nbformat 4.5) and Zeppelin's notes. Both hold the same code. */
final class NotebookFormats {
  private static final String KERNEL = "spark-peft-java";

  /** Zeppelin's ids have nine characters. */
  private static final int ZEPPELIN_ID = 9;

  private NotebookFormats() {}

  static ObjectNode jupyter(Lesson lesson) {
    ObjectNode notebook = Json.object();
    ArrayNode cells = notebook.putArray("cells");
    for (Part part : lesson.parts()) {
      ObjectNode cell = cells.addObject();
      boolean code = part.kind() == Kind.CODE;
      cell.put("cell_type", code ? "code" : "markdown");
      if (code) {
        cell.putNull("execution_count");
      }
      cell.put("id", "%s-%02d".formatted(lesson.name(), cells.size())).putObject("metadata");
      if (code) {
        cell.putArray("outputs");
      }
      ArrayNode source = cell.putArray("source");
      part.text().lines().forEach(line -> source.add(line + "\n"));
      int last = source.size() - 1;
      source.set(last, source.get(last).asText().stripTrailing());
    }
    ObjectNode metadata = notebook.putObject("metadata");
    metadata
        .putObject("kernelspec")
        .put("display_name", "spark-peft (Java)")
        .put("language", "java")
        .put("name", KERNEL);
    metadata.putObject("language_info").put("file_extension", ".java").put("name", "java");
    return notebook.put("nbformat", 4).put("nbformat_minor", 5);
  }

  static ObjectNode zeppelin(Lesson lesson) {
    ObjectNode note = Json.object();
    ArrayNode paragraphs = note.putArray("paragraphs");
    for (Part part : lesson.parts()) {
      String id = "paragraph_%s_%02d".formatted(zeppelinId(lesson), paragraphs.size() + 1);
      paragraphs.add(paragraph(part, id));
    }
    note.put("name", lesson.title())
        .put("id", zeppelinId(lesson))
        .put("defaultInterpreterGroup", "md")
        .put("version", "0.10.1");
    note.putObject("noteParams");
    note.putObject("noteForms");
    note.putObject("angularObjects");
    note.putObject("config").put("isZeppelinNotebookCronEnable", false);
    note.putObject("info");
    return note;
  }

  private static ObjectNode paragraph(Part part, String id) {
    boolean code = part.kind() == Kind.CODE;
    String text =
        code ? "%jupyter(kernel=" + KERNEL + ")\n\n" + part.text() : "%md\n\n" + prose(part);
    ObjectNode paragraph = Json.object().put("text", text).put("user", "anonymous");
    ObjectNode config = paragraph.putObject("config");
    config.put("colWidth", 12).put("enabled", true).put("editorHide", !code);
    config.put("editorMode", code ? "ace/mode/java" : "ace/mode/markdown");
    config
        .putObject("editorSetting")
        .put("language", code ? "java" : "markdown")
        .put("editOnDblClick", !code)
        .put("completionSupport", code);
    config.putObject("results");
    ObjectNode settings = paragraph.putObject("settings");
    settings.putObject("params");
    settings.putObject("forms");
    return paragraph
        .put("apps", "")
        .put("jobName", id)
        .put("id", id)
        .put("status", "READY")
        .put("progressUpdateIntervalMs", 500);
  }

  /** Notes have other addresses than notebooks: what a link says stays. */
  private static String prose(Part part) {
    return part.text().replaceAll("\\[([^]]+)]\\([^)]+\\.ipynb\\)", "$1");
  }

  static String zeppelinId(Lesson lesson) {
    String digits = new BigInteger(Sha256.of(lesson.name()), 16).toString(36);
    return "2" + digits.substring(0, ZEPPELIN_ID - 1).toUpperCase(Locale.ROOT);
  }

  static String zeppelinFile(Lesson lesson) {
    return lesson.title() + "_" + zeppelinId(lesson) + ".zpln";
  }

  static List<String> codeOf(ObjectNode note) {
    return note.path("paragraphs").findValuesAsText("text").stream()
        .filter(text -> text.startsWith("%jupyter"))
        .map(text -> text.substring(text.indexOf("\n\n") + 2))
        .toList();
  }
}
