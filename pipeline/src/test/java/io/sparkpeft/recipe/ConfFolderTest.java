package io.sparkpeft.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies in conf/: recipes that can be read, and the reference of all keys. */
class ConfFolderTest {
  private static final Path CONF = Path.of("../conf");
  private static final String BEGIN = "<!-- keys: generated from the keys' declarations -->";
  private static final String END = "<!-- end of keys -->";

  static Stream<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(CONF.resolve("recipes"))) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeCanBeReadAndOpensWithItsCommand(Path recipe) throws IOException {
    assertThat(Recipe.read(Optional.of(recipe), List.of())).isNotEqualTo(Recipe.defaults());
    List<String> header =
        Files.readAllLines(recipe).stream().takeWhile(line -> line.startsWith("#")).toList();
    assertThat(header).as("header of %s", recipe).hasSizeGreaterThan(2);
    assertThat(header)
        .anyMatch(line -> line.contains("jobs/bin/") && line.matches("#\\s+jobs/bin/\\S+.*"));
  }

  /** {@code -Dspark-peft.write=true} writes it anew. */
  @Test
  void theReferenceIsThatOfTheDeclarations() throws IOException {
    Path file = CONF.resolve("README.md");
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    String expected =
        text.substring(0, begin) + "\n" + Reference.markdown() + "\n" + text.substring(end);
    if (Boolean.getBoolean("spark-peft.write")) {
      Files.writeString(file, expected);
    }
    assertThat(text)
        .as(
            "conf/README.md; to write it anew: mvn test -pl pipeline -Dtest=ConfFolderTest"
                + " -Dspark-peft.write=true")
        .isEqualTo(expected);
  }
}
