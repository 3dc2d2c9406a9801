package io.sparkpeft.jobs;

import io.sparkpeft.recipe.Recipe;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that generate and chat share: short forms of {@code generate.*}. */
final class AnswerOptions {
  @Option(names = "--raw", description = "Use the text as it is, after BOS, without a template.")
  private boolean raw;

  @Option(names = "--max-new-tokens", paramLabel = "N", description = "Most tokens of an answer.")
  private Optional<Integer> maxNewTokens = Optional.empty();

  Recipe over(Recipe recipe) {
    Recipe result = recipe;
    if (raw) {
      result = result.with("generate.raw", true, "--raw");
    }
    if (maxNewTokens.isPresent()) {
      result = result.with("generate.max_new_tokens", maxNewTokens.get(), "--max-new-tokens");
    }
    return result;
  }
}
