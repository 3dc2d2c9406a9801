package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The committed notebooks are those of the lessons; {@code -Dspark-peft.write=true} writes them
 * anew.
 */
class NotebookFilesTest {
  private static final Path JUPYTER = Path.of("../jupyter");
  private static final Path ZEPPELIN = Path.of("../zeppelin");
  private static final int MOST_LINES = 16;
  private static final int MOST_CHARACTERS = 100;
  private static final Pattern LAMBDA = Pattern.compile("->|::");
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?m)(^|[\\s\"'(])/(?!models|data)\\w");

  @BeforeAll
  static void write() throws IOException {
    if (Boolean.getBoolean("spark-peft.write")) {
      write(JUPYTER, expected(Lesson::name, NotebookFormats::jupyter, ".ipynb"));
      write(ZEPPELIN, expected(NotebookFormats::zeppelinFile, NotebookFormats::zeppelin, ""));
    }
  }

  private static void write(Path folder, Map<String, String> files) throws IOException {
    Files.createDirectories(folder);
    for (String old : contents(folder).keySet()) {
      Files.delete(folder.resolve(old));
    }
    for (var file : files.entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }

  private static Map<String, String> expected(
      Function<Lesson, String> name, Function<Lesson, ObjectNode> format, String ending) {
    Map<String, String> files = new TreeMap<>();
    for (Lesson lesson : Lesson.all()) {
      files.put(name.apply(lesson) + ending, format.apply(lesson).toPrettyString() + "\n");
    }
    return files;
  }

  private static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return contents;
  }

  @Test
  void theCommittedFilesAreThoseOfTheLessons() throws IOException {
    String remedy =
        "to write them anew: mvn test -pl notebooks/kernel -am -Dtest=NotebookFilesTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dspark-peft.write=true";
    assertThat(contents(JUPYTER))
        .as(remedy)
        .isEqualTo(expected(Lesson::name, NotebookFormats::jupyter, ".ipynb"));
    assertThat(contents(ZEPPELIN))
        .as(remedy)
        .isEqualTo(expected(NotebookFormats::zeppelinFile, NotebookFormats::zeppelin, ""));
  }

  static List<Lesson> lessons() {
    return Lesson.all();
  }

  @ParameterizedTest
  @MethodSource("lessons")
  void cellsAreShortAndPlain(Lesson lesson) {
    assertThat(lesson.code()).hasSizeGreaterThan(5);
    assertThat(lesson.code())
        .allSatisfy(
            cell -> {
              assertThat(cell.lines().toList()).hasSizeLessThanOrEqualTo(MOST_LINES);
              assertThat(cell.lines()).allMatch(line -> line.length() <= MOST_CHARACTERS);
              assertThat(cell).as("runs on a cluster too").doesNotContainPattern(LAMBDA);
              assertThat(cell).as("runs anywhere").doesNotContainPattern(MACHINE_PATH);
            });
  }

  @ParameterizedTest
  @MethodSource("lessons")
  void everyCellIsIntroduced(Lesson lesson) {
    assertThat(lesson.parts().get(0).kind()).isEqualTo(Lesson.Kind.PROSE);
    assertThat(words(lesson)).isGreaterThan(250);
  }

  private static int words(Lesson lesson) {
    return lesson.parts().stream()
        .filter(part -> part.kind() == Lesson.Kind.PROSE)
        .mapToInt(part -> part.text().split("\\s+").length)
        .sum();
  }

  @Test
  void notebooksCarryNoOutputs() throws IOException {
    for (String text : contents(JUPYTER).values()) {
      JsonNode notebook = Json.parse(text);
      assertThat(notebook.findValues("outputs")).allMatch(JsonNode::isEmpty);
      assertThat(notebook.findValues("execution_count")).allMatch(JsonNode::isNull);
      List<String> ids = notebook.path("cells").findValuesAsText("id");
      assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("[a-zA-Z0-9_-]{1,64}"));
    }
  }

  @Test
  void notesAreZeppelinsAndHoldTheSameCode() throws IOException {
    Set<String> ids = new HashSet<>();
    for (Lesson lesson : Lesson.all()) {
      ObjectNode note =
          (ObjectNode) Json.read(ZEPPELIN.resolve(NotebookFormats.zeppelinFile(lesson)));
      assertThat(note.path("id").asText()).matches("2[0-9A-Z]{8}");
      assertThat(ids.add(note.path("id").asText())).isTrue();
      assertThat(note.has("noteParams") && note.has("angularObjects") && note.has("config"))
          .isTrue();
      for (JsonNode paragraph : note.path("paragraphs")) {
        assertThat(ids.add(paragraph.path("id").asText())).isTrue();
        assertThat(paragraph.path("status").asText()).isEqualTo("READY");
        assertThat(paragraph.path("settings").has("params")).isTrue();
        assertThat(paragraph.path("text").asText())
            .matches(text -> text.startsWith("%md\n") || text.startsWith("%jupyter(kernel="))
            .doesNotContain(".ipynb");
        assertThat(paragraph.has("results")).isFalse();
      }
      assertThat(NotebookFormats.codeOf(note)).isEqualTo(lesson.code());
    }
  }

  @Test
  void linksLeadToNotebooks() throws IOException {
    Set<String> files = contents(JUPYTER).keySet();
    String prose =
        Lesson.all().stream()
            .flatMap(lesson -> lesson.parts().stream())
            .map(Lesson.Part::text)
            .collect(Collectors.joining("\n"));
    List<String> links =
        Pattern.compile("]\\(([^)]+)\\)").matcher(prose).results().map(m -> m.group(1)).toList();
    assertThat(links).isNotEmpty().allMatch(files::contains);
  }
}
