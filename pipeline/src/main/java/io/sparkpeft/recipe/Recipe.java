package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.model.Sampling;
import io.sparkpeft.train.TrainSettings;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
    MergeSection merge,
    EvalSection eval,
    GateSection gate,
    PromoteSection promote,
    GenerateSection generate,
    ReportSection report,
    DownloadSection download,
    ConvertSection convert,
    BenchSection bench,
    OutputSection output,
    EffectiveRecipe effective) {

  /** Where a run id comes from that nobody chose. */
  private static final String HASHED = "hash of keys and inputs";

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
    return with(key, value, "Java");
  }

  /**
   * The same, saying where the value came from.
   *
   * @param origin what the effective configuration shows: an option's name, a program's
   */
  public Recipe with(String key, Object value, String origin) {
    Key<?> known = RecipeReader.known(key, origin);
    ConfigValue read;
    try {
      read = ConfigValueFactory.fromAnyRef(plain(value), origin);
    } catch (ConfigException e) {
      throw RecipeReader.wrongClass(known, value);
    }
    return of(effective.with(RecipeReader.setting(known, read, origin)));
  }

  /**
   * The same for executors, which work in folders of their own: what is relative here means nothing
   * there.
   */
  public Recipe placed() {
    Recipe placed = with("model.path", model.folder());
    if (adapter.folder().isPresent()) {
      placed = placed.with("adapter.path", adapter.folder().get());
    }
    if (!merge.adapters().isEmpty()) {
      List<String> folders = merge.folders(adapter).stream().map(Path::toString).toList();
      placed = placed.with("merge.adapters", folders);
    }
    return merge.promptFile().isPresent()
        ? placed.with("merge.prompts", merge.promptFile().get())
        : placed;
  }

  /** The token table that prepare writes and finetune reads. */
  public String tokenTable() {
    return data.table().map(Location::absolute).orElseGet(() -> tables.table("tokens"));
  }

  /** How training goes on a model of that context. */
  public TrainSettings trainSettings(int maxPositionEmbeddings) {
    long packed = (long) train.microBatchSize() * data.maxLength(maxPositionEmbeddings);
    return data.packing()
        ? train.settings().with(new MicroBatching.Packed(Math.toIntExact(packed)))
        : train.settings();
  }

  /**
   * How generation chooses tokens; empty for the likeliest.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if a key of sampling is set without {@code
   *     generate.do_sample}
   */
  public Optional<Sampling> sampling() {
    if (generate.doSample()) {
      return Optional.of(
          new Sampling(generate.temperature(), generate.topK(), generate.topP(), generate.seed()));
    }
    GenerateSection.OF_CHANCE.stream()
        .filter(effective::isSet)
        .findFirst()
        .ifPresent(
            key -> {
              throw RecipeErrors.withoutEffect(
                  key, effective.origin(key), GenerateSection.DO_SAMPLE);
            });
    return Optional.empty();
  }

  /**
   * The section of the model, whose keys go together.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if a key of quantisation is set without
   *     {@code model.quantization}
   */
  public ModelSection base() {
    if (model.quantization().isEmpty()) {
      Stream.of(ModelSection.DOUBLE_QUANT, ModelSection.BLOCKSIZE)
          .filter(effective::isSet)
          .findFirst()
          .ifPresent(
              key -> {
                throw RecipeErrors.onlyWith(key, effective.origin(key), ModelSection.QUANTIZATION);
              });
    }
    return model;
  }

  /**
   * How adapters are merged.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if a key of combinations is set and nothing
   *     is combined
   */
  public MergeSection merging() {
    for (Key<?> key : List.of(MergeSection.WEIGHTS, MergeSection.SVD_RANK)) {
      if (effective.isSet(key) && merge.combination().isEmpty()) {
        throw RecipeErrors.onlyWith(key, effective.origin(key), MergeSection.COMBINATION_TYPE);
      }
    }
    return merge;
  }

  /** PEFT's settings, by its names, of an adapter that this recipe makes. */
  public ObjectNode adapterSettings() {
    return AdapterSection.settings(effective, key -> true).put("task_type", "CAUSAL_LM");
  }

  /** Those of PEFT's settings that the recipe itself names: a warm start must agree with them. */
  public ObjectNode givenAdapterSettings() {
    return AdapterSection.settings(effective, effective::isSet);
  }

  /**
   * The run of evaluate that gate judges.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if neither it nor a run id is named
   */
  public String evaluationRunId() {
    return gate.runId()
        .or(this::chosenRunId)
        .orElseThrow(() -> RecipeErrors.notSet(GateSection.RUN_ID));
  }

  /** The run of gate that promote relies on; empty if neither it nor a run id is named. */
  public Optional<String> gateRunId() {
    return promote.gateRunId().or(this::chosenRunId);
  }

  /**
   * The run of finetune that is reported.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if none is named
   */
  public String reportedRunId() {
    return chosenRunId().orElseThrow(() -> RecipeErrors.notSet(RunSection.ID));
  }

  private Optional<String> chosenRunId() {
    return run.id().filter(id -> !effective.origin(RunSection.ID).equals(HASHED));
  }

  /**
   * What determines the job's result: keys, and the content of inputs as far as it can be told
   * quickly and without Spark.
   */
  public RecipeIdentity identity(Job job) {
    Recipe placed = with("data.table", tokenTable());
    return placed.effective.identity(job);
  }

  /**
   * The recipe with {@code run.id} and {@code output.path} filled in where they are left out, so
   * that all that speak of the run call it the same. Once filled in, they stay.
   */
  public Recipe named(Job job) {
    String id = run.id().orElseGet(() -> identity(job).shortId());
    Recipe identified = run.id().isPresent() ? this : withDefault(RunSection.ID, id, HASHED);
    return output.path().isPresent()
        ? identified
        : identified.withDefault(
            OutputSection.PATH, "./runs/" + job.commandName() + "-" + id, Setting.DEFAULT);
  }

  private Recipe withDefault(Key<Optional<String>> key, String value, String origin) {
    return of(effective.with(new Setting<>(key, Optional.of(value), origin)));
  }

  private static Recipe of(EffectiveRecipe effective) {
    return new Recipe(
        RunSection.of(effective),
        ModelSection.of(effective),
        DataSection.of(effective),
        TablesSection.of(effective),
        AdapterSection.of(effective),
        TrainSection.of(effective),
        MergeSection.of(effective),
        EvalSection.of(effective),
        GateSection.of(effective),
        PromoteSection.of(effective),
        GenerateSection.of(effective),
        ReportSection.of(effective),
        DownloadSection.of(effective),
        ConvertSection.of(effective),
        BenchSection.of(effective),
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
