package io.sparkpeft.notebook;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A lesson's one source: Markdown whose fenced Java is what runs. A heading begins a new piece of
 * prose.
 *
 * @param name of the file, without its ending
 * @param title its first heading
 */
record Lesson(String name, String title, List<Part> parts) {
  static final Path FOLDER = Path.of("../lessons");
  private static final String FENCE = "```";

  enum Kind {
    PROSE,
    CODE
  }

  /** A cell, a paragraph. */
  record Part(Kind kind, String text) {}

  static List<Lesson> all() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(f -> f.toString().endsWith(".md")).sorted().map(Lesson::read).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Lesson read(Path file) {
    try {
      String name = file.getFileName().toString().replaceFirst("\\.md$", "");
      return of(name, Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Lesson of(String name, List<String> lines) {
    List<Part> parts = new ArrayList<>();
    List<String> open = new ArrayList<>();
    Kind kind = Kind.PROSE;
    for (String line : lines) {
      boolean fence = line.startsWith(FENCE);
      if (fence || (kind == Kind.PROSE && line.startsWith("#"))) {
        close(parts, kind, open);
      }
      if (fence) {
        kind = line.equals(FENCE) ? Kind.PROSE : Kind.CODE;
      } else {
        open.add(line);
      }
    }
    close(parts, kind, open);
    return new Lesson(name, lines.get(0).replaceFirst("^# ", ""), parts);
  }

  private static void close(List<Part> parts, Kind kind, List<String> open) {
    String text = String.join("\n", open).strip();
    if (!text.isEmpty()) {
      parts.add(new Part(kind, text));
    }
    open.clear();
  }

  List<String> code() {
    return parts.stream().filter(part -> part.kind() == Kind.CODE).map(Part::text).toList();
  }
}
