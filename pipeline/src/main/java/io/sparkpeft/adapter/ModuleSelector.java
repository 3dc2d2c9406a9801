package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** PEFT's ways to say which modules are meant (target_modules, exclude_modules). */
public sealed interface ModuleSelector {

  /** Whether it means the module of this dotted path. */
  boolean matches(String path);

  /** A path is meant if it is one of these names or ends with one after a dot. */
  record Names(List<String> names) implements ModuleSelector {
    public Names {
      names = List.copyOf(names);
    }

    @Override
    public boolean matches(String path) {
      return names.stream().anyMatch(name -> path.equals(name) || path.endsWith("." + name));
    }
  }

  /** A path is meant if the whole of it matches this regular expression of Python's. */
  record Regex(String expression, Pattern pattern) implements ModuleSelector {
    static Regex of(String expression) {
      return new Regex(expression, PythonPattern.compile(expression));
    }

    @Override
    public boolean matches(String path) {
      return pattern.matcher(path).matches();
    }
  }

  /** Every linear layer but the output embedding. */
  record AllLinear() implements ModuleSelector {
    /** The head of causal language models, by its usual names. */
    private static final List<String> OUTPUT_EMBEDDINGS = List.of("lm_head", "embed_out");

    @Override
    public boolean matches(String path) {
      return !OUTPUT_EMBEDDINGS.contains(path);
    }
  }

  /**
   * @param value null, a list of names, a regular expression or "all-linear" in any case
   */
  static Optional<ModuleSelector> of(JsonNode value) {
    if (value.isNull() || value.isMissingNode() || (value.isArray() && value.isEmpty())) {
      return Optional.empty();
    }
    if (value.isArray()) {
      return Optional.of(new Names(PeftKeys.texts(value)));
    }
    String text = value.textValue();
    return Optional.of(
        text.toLowerCase(Locale.ROOT).equals("all-linear") ? new AllLinear() : Regex.of(text));
  }
}
