package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.Effect.PLACE;
import static io.sparkpeft.recipe.Key.Effect.RESULT;
import static io.sparkpeft.recipe.Key.NamedAfter.SPARK_PEFT;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One configuration key.
 *
 * @param name its path in a recipe: {@code adapter.r}
 * @param defaultValue what holds where a recipe leaves it out
 * @param defaultText what the reference says where the default follows from other things; else
 *     empty
 * @param meaning one sentence for the reference and for --help
 * @param namedAfter whose name for it this is
 * @param rules what a value must satisfy beyond its type
 * @param canonical of several values with one result, the one that a run's identity names
 */
public record Key<T>(
    String name,
    ValueType<T> type,
    T defaultValue,
    String defaultText,
    String meaning,
    NamedAfter namedAfter,
    Effect effect,
    List<Rule<T>> rules,
    UnaryOperator<T> canonical) {

  /** Where a name and its meaning come from, so that nobody has to learn it twice. */
  public enum NamedAfter {
    PEFT("PEFT"),
    LLM_ADAPTERS("LLM-Adapters"),
    TRANSFORMERS("transformers"),
    HUGGINGFACE_HUB("huggingface_hub"),
    VB_LORA("VB-LoRA's authors"),
    TORCH("torch.optim"),
    BITSANDBYTES("bitsandbytes"),
    QLORA("qlora.py"),
    LM_EVAL("lm-eval"),
    SPARK_PEFT("spark-peft");

    private final String text;

    NamedAfter(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** What a key has to do with what a job computes. */
  public enum Effect {
    /** Its value decides what is computed. */
    RESULT,
    /** It names an input, whose content decides. */
    INPUT,
    /** It changes only where, when or how fast. */
    PLACE
  }

  /**
   * @param text the rule as a sentence: "It must be at least 1."
   */
  record Rule<T>(String text, Predicate<T> holds) {}

  static <T> Key<T> of(String name, ValueType<T> type, T defaultValue, String meaning) {
    return new Key<>(
        name, type, defaultValue, "", meaning, SPARK_PEFT, RESULT, List.of(), value -> value);
  }

  /** A key without a fixed default; the text says what holds where it is left out. */
  static <T> Key<Optional<T>> optional(
      String name, ValueType<T> type, String defaultText, String meaning) {
    return new Key<>(
        name,
        ValueTypes.optional(type),
        Optional.empty(),
        defaultText,
        meaning,
        SPARK_PEFT,
        RESULT,
        List.of(),
        value -> value);
  }

  Key<T> as(NamedAfter origin) {
    return new Key<>(
        name, type, defaultValue, defaultText, meaning, origin, effect, rules, canonical);
  }

  /** The same key, marked as one that does not change what is computed. */
  Key<T> place() {
    return new Key<>(
        name, type, defaultValue, defaultText, meaning, namedAfter, PLACE, rules, canonical);
  }

  /** The same key, marked as the path of an input. */
  Key<T> input() {
    return new Key<>(
        name, type, defaultValue, defaultText, meaning, namedAfter, Effect.INPUT, rules, canonical);
  }

  Key<T> must(String rule, Predicate<T> holds) {
    List<Rule<T>> more = new ArrayList<>(rules);
    more.add(new Rule<>("It must be " + rule + ".", holds));
    return new Key<>(
        name,
        type,
        defaultValue,
        defaultText,
        meaning,
        namedAfter,
        effect,
        List.copyOf(more),
        canonical);
  }

  /** The same key, some values of which differ only in where, when or how fast. */
  Key<T> standingFor(UnaryOperator<T> sameResult) {
    return new Key<>(
        name, type, defaultValue, defaultText, meaning, namedAfter, effect, rules, sameResult);
  }

  /** A value as a run's identity names it. */
  JsonNode identity(Object value) {
    return type.json(canonical.apply(cast(value)));
  }

  /** The default as a person reads it. */
  public String defaultDescription() {
    return defaultText.isEmpty() ? Json.compact(type.json(defaultValue)) : defaultText;
  }

  /** Casts a value found under this key. */
  @SuppressWarnings("unchecked")
  T cast(Object value) {
    return (T) value;
  }
}
