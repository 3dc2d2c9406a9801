package io.sparkpeft.recipe;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a job is to do: every key's value, typed. Recipes come from a file with {@code --set}
 * assignments over it, or from Java:
 *
 * <pre>{@code
 * Recipe recipe = Recipe.defaults()
 *     .with("model.path", "/models/llama")
 *     .with("adapter.r", 16)
 *     .with("adapter.target_modules", List.of("q_proj", "k_proj", "v_proj", "o_proj"));
 * }</pre>
 *
 * @param effective the same values by key, with where each came from
 */
public record Recipe(
    RunSection run,
    ModelSection model,
    DataSection data,
    TablesSection tables,
    AdapterSection adapter,
    TrainSection train,
    EvalSection eval,
    GenerateSection generate,
    OutputSection output,
    EffectiveRecipe effective) {

  /** Every key at its default. */
  public static Recipe defaults() {
    return read(Optional.empty(), List.of());
  }

  /**
   * A recipe file with assignments over it.
   *
   * @param assignments each {@code key=value}, as given to {@code --set}; later ones win
   * @throws io.sparkpeft.base.SparkPeftException (78) naming key, value, origin, rule and remedy;
   *     (66) if the file does not exist
   */
  public static Recipe read(Optional<Path> file, List<String> assignments) {
    return of(RecipeReader.read(file, assignments));
  }

  /** The same recipe with another value for one key: text, number, boolean, list or map. */
  public Recipe with(String key, Object value) {
    Key<?> known = RecipeReader.known(key, "Java");
    ConfigValue read;
    try {
      read = ConfigValueFactory.fromAnyRef(plain(value), "Java");
    } catch (ConfigException e) {
      throw RecipeReader.wrongClass(known, value);
    }
    return of(effective.with(RecipeReader.setting(known, read, "Java")));
  }

  /** The token table that prepare writes and finetune reads. */
  public String tokenTable() {
    return data.table().orElseGet(() -> tables.table("tokens"));
  }

  /** What determines the job's result; see {@link RunIdentity#with} for its inputs. */
  public RunIdentity identity(Job job) {
    return effective.identity(job);
  }

  /** {@code run.id}, or the identity's short hash where it is not set. */
  public String runId(RunIdentity identity) {
    return run.id().orElseGet(identity::shortId);
  }

  private static Recipe of(EffectiveRecipe effective) {
    return new Recipe(
        RunSection.of(effective),
        ModelSection.of(effective),
        DataSection.of(effective),
        TablesSection.of(effective),
        AdapterSection.of(effective),
        TrainSection.of(effective),
        EvalSection.of(effective),
        GenerateSection.of(effective),
        OutputSection.of(effective),
        effective);
  }

  private static Object plain(Object value) {
    if (value instanceof Path || value instanceof Enum<?>) {
      return value.toString();
    }
    return value instanceof Collection<?> || value instanceof Map<?, ?> ? value : scalar(value);
  }

  private static Object scalar(Object value) {
    return value instanceof Number || value instanceof Boolean ? value : String.valueOf(value);
  }
}
