package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.execution.DirectExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The lessons' cells, compiled by JShell as the kernel does, and not run. */
class LessonCompilesTest {
  private JShell shell;

  /** Compiles and loads, but calls nothing. */
  private static final class NothingRuns extends DirectExecutionControl {
    @Override
    public String invoke(String className, String methodName) {
      return "";
    }

    @Override
    public String varValue(String className, String varName) {
      return "";
    }
  }

  static List<Lesson> lessons() {
    return Lesson.all();
  }

  @BeforeEach
  void start() throws IOException {
    shell = JShell.builder().executionEngine(new NothingRunsProvider(), Map.of()).build();
    try (InputStream imports = getClass().getResourceAsStream("/init.jshell")) {
      evaluate(new String(imports.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @AfterEach
  void stop() {
    shell.close();
  }

  @ParameterizedTest
  @MethodSource("lessons")
  void everyCellCompiles(Lesson lesson) {
    lesson.code().forEach(this::evaluate);
  }

  private void evaluate(String cell) {
    SourceCodeAnalysis analysis = shell.sourceCodeAnalysis();
    CompletionInfo info = analysis.analyzeCompletion(cell);
    while (info.completeness().isComplete()) {
      for (SnippetEvent event : shell.eval(info.source())) {
        assertThat(event.status())
            .as("%s%n%s", event.snippet().source(), diagnostics(event.snippet()))
            .isIn(Snippet.Status.VALID, Snippet.Status.OVERWRITTEN);
      }
      info = analysis.analyzeCompletion(info.remaining());
    }
    assertThat(info.completeness())
        .as("what is left of:%n%s", cell)
        .isEqualTo(SourceCodeAnalysis.Completeness.EMPTY);
  }

  private String diagnostics(Snippet snippet) {
    return shell
        .diagnostics(snippet)
        .map(diagnostic -> diagnostic.getMessage(Locale.ROOT))
        .toList()
        .toString();
  }

  private static final class NothingRunsProvider implements ExecutionControlProvider {
    @Override
    public String name() {
      return "nothing-runs";
    }

    @Override
    public ExecutionControl generate(ExecutionEnv environment, Map<String, String> parameters) {
      return new NothingRuns();
    }
  }
}
