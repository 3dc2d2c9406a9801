package io.sparkpeft.api;

import io.sparkpeft.base.Held;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.ServedModel;
import io.sparkpeft.spark.sql.ModelFunctions;
import io.sparkpeft.spark.table.TokenTable;
import io.sparkpeft.spark.telemetry.ProgressLine;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The main job, step by step, from a Spark session to a scored adapter:
 *
 * <pre>{@code
 * SparkPeft peft = SparkPeft.on(spark);
 * Recipe recipe = Recipe.defaults()
 *     .with("model.path", "/models/llama")
 *     .with("data.source", "/data/instructions.json")
 *     .with("tables.root", "/tables");
 * Prepared tokens = peft.prepare(recipe);
 * Finetuned adapter = peft.finetune(recipe);
 * Recipe adapted = recipe.with("adapter.path", adapter.adapterPath())
 *     .with("eval.tasks", List.of("arithmetic_2da"))
 *     .with("eval.source", "/data/arithmetic");
 * Evaluated scores = peft.evaluate(adapted);
 * }</pre>
 *
 * Every step throws {@link io.sparkpeft.base.SparkPeftException} and then leaves nothing
 * half-written behind.
 */
public final class SparkPeft {
  private final SparkSession session;
  private final Consumer<String> messages;
  private final Consumer<RunEvent> watcher;

  private SparkPeft(SparkSession session, Consumer<String> messages, Consumer<RunEvent> watcher) {
    this.session = session;
    this.messages = messages;
    this.watcher = watcher;
  }

  /** Tells a person what goes on through the standard error stream. */
  public static SparkPeft on(SparkSession session) {
    return new SparkPeft(session, System.err::println, ProgressLine.onStandardError());
  }

  /** The same, telling it to somebody else, line by line. */
  public SparkPeft telling(Consumer<String> listener) {
    return new SparkPeft(session, listener, watcher);
  }

  /**
   * The same, telling somebody else how jobs get on: from their begin to their result or failure,
   * with every step of training. Every event is told as it comes, by the calling thread or one of
   * Spark's.
   */
  public SparkPeft watching(Consumer<RunEvent> listener) {
    return new SparkPeft(session, messages, listener);
  }

  /** Instruction files to a token table. */
  public Prepared prepare(Recipe recipe) {
    return leased(Job.PREPARE, recipe, (local, told) -> new Preparing(session, told).run(local));
  }

  /**
   * The first examples of the recipe's token table, token by token: what the model reads of them,
   * and what it is to predict.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such table
   */
  public List<LabelledText> examples(Recipe recipe, int count) {
    Recipe local = staged(Job.GENERATE, recipe);
    try (Tokenizer tokenizer = Tokenizer.open(local.model().folder())) {
      List<LabelledText> texts = new ArrayList<>();
      TokenTable.first(session, recipe.tokenTable(), count)
          .forEach((sample, example) -> texts.add(LabelledText.of(sample, example, tokenizer)));
      return texts;
    }
  }

  /** A token table and a base model to an adapter. */
  public Finetuned finetune(Recipe recipe) {
    return leased(
        Job.FINETUNE, recipe, (local, told) -> new Finetuning(session, told, local).run());
  }

  /** A base model to the same in four bits. */
  public Quantized quantize(Recipe recipe) {
    return leased(Job.QUANTIZE, recipe, (local, told) -> new Quantizing(session, told).run(local));
  }

  /** A base model and an adapter to a plain Hugging Face checkpoint. */
  public Merged merge(Recipe recipe) {
    return leased(Job.MERGE, recipe, (local, told) -> new Merging(session, told).run(local));
  }

  /** Scores of a base model, with or without an adapter, into Delta tables. */
  public Evaluated evaluate(Recipe recipe) {
    return leased(Job.EVALUATE, recipe, (local, told) -> new Evaluating(session, told).run(local));
  }

  /** Whether the scores of an adapter are good enough, by the recipe's rules. */
  public Gated gate(Recipe recipe) {
    return leased(Job.GATE, recipe, (local, told) -> new Gating(session, told).run(local));
  }

  /** An adapter to the promoted version of its name, or an earlier version to that again. */
  public Promoted promote(Recipe recipe) {
    return leased(Job.PROMOTE, recipe, (local, told) -> new Promoting(session, told, local).run());
  }

  /** What the tables know of a run of finetune, {@code run.id}, as a page to read. */
  public Reported report(Recipe recipe) {
    return leased(Job.REPORT, recipe, (local, told) -> new Reporting(session, told).run(local));
  }

  /** Answers to prompts. */
  public Generated generate(Recipe recipe) {
    return leased(Job.GENERATE, recipe, (local, told) -> new Generating(session, told).run(local));
  }

  /**
   * The same rows with the columns {@code answer}, {@code prompt_tokens} and {@code answer_tokens}
   * added, computed when they are used. Each row may name its own adapter, see {@code
   * generate.adapter_column}.
   *
   * @param promptColumn text of the prompts
   */
  public Dataset<Row> generate(Recipe recipe, Dataset<Row> rows, String promptColumn) {
    Recipe local = staged(Job.GENERATE, recipe);
    return new Generating(session, messages).answer(local, rows, promptColumn);
  }

  /**
   * Lets SQL ask the base model and its adapters: {@code lora_generate(adapter, prompt)} and {@code
   * lora_loglik(adapter, prompt, answer)}, the adapter named row by row. Nothing is loaded before a
   * query runs.
   *
   * @param recipe its model, and how it answers
   */
  public void serve(Recipe recipe) {
    Recipe local = staged(Job.GENERATE, recipe);
    ModelFunctions.register(session, ServedModel.of(Generating.settings(local)));
  }

  /** Every run has one driver at a time, and all its inputs on this machine. */
  private <R extends RunResult> R leased(
      Job job, Recipe recipe, BiFunction<Recipe, JobEvents, R> work) {
    Recipe named = recipe.named(job);
    JobEvents events = new JobEvents(job, named.run().id().orElseThrow(), messages, watcher);
    return events.around(
        named,
        () -> {
          Recipe local = Staging.of(session, events).local(job, named);
          try (Held lease = ResultFolder.of(job, local).lease()) {
            lease
                .earlierHolder()
                .ifPresent(
                    holder ->
                        events.accept("Takes over from " + holder + ", which did not finish."));
            return work.apply(local, events);
          }
        });
  }

  private Recipe staged(Job job, Recipe recipe) {
    return Staging.of(session, messages).local(job, recipe);
  }
}
