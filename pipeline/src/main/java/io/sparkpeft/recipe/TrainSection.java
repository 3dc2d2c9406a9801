package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;
import static io.sparkpeft.recipe.Key.NamedAfter.TORCH;
import static io.sparkpeft.recipe.Key.NamedAfter.TRANSFORMERS;
import static io.sparkpeft.recipe.Key.NamedAfter.VB_LORA;

import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.optim.LearningRateSchedule;
import io.sparkpeft.optim.OptimizerSettings;
import io.sparkpeft.optim.OptimizerSettings.Means;
import io.sparkpeft.optim.ParameterRates;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.train.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How an adapter is trained. All steps are optimizer steps.
 *
 * @param rates the peak learning rates and the weight decay, by what is trained
 * @param maxSteps ends the training before its epochs do; empty: the epochs decide
 * @param warmupSteps empty: the lesser of 100 and a tenth of all steps
 * @param optimizerMemory bytes of a paged optimizer's state that stay in memory
 * @param maxGradNorm the global norm that gradients are clipped to; 0 turns clipping off
 * @param resume {@code auto}, {@code never}, or the path of a checkpoint
 */
public record TrainSection(
    ParameterRates rates,
    double epochs,
    Optional<Integer> maxSteps,
    int globalBatchSize,
    int microBatchSize,
    OptimizerName optimizer,
    long optimizerMemory,
    List<Double> betas,
    double eps,
    double momentum,
    LearningRateSchedule.Shape lrScheduler,
    Optional<Integer> warmupSteps,
    double maxGradNorm,
    Checkpointing gradientCheckpointing,
    long seed,
    int ranks,
    int saveSteps,
    int keepCheckpoints,
    String resume,
    int maxAttempts) {

  /** The optimizers there are, the later ones with transformers' names for bitsandbytes'. */
  public enum OptimizerName {
    ADAMW,
    ADAMW_8BIT,
    PAGED_ADAMW_32BIT,
    PAGED_ADAMW_8BIT,
    SGD;

    /** The one that gives the same result with all its state in memory. */
    OptimizerName unpaged() {
      return switch (this) {
        case PAGED_ADAMW_32BIT -> ADAMW;
        case PAGED_ADAMW_8BIT -> ADAMW_8BIT;
        case ADAMW, ADAMW_8BIT, SGD -> this;
      };
    }

    boolean isPaged() {
      return this != unpaged();
    }
  }

  /** Whether the backward pass computes a layer's inner values again instead of keeping them. */
  public enum Checkpointing {
    AUTO,
    TRUE,
    /** All but the results of the large products. */
    PRODUCTS,
    FALSE
  }

  static final Key<Double> LEARNING_RATE =
      Key.of("train.learning_rate", ValueTypes.NUMBER, 3e-4, "The peak learning rate.")
          .must("more than 0", lr -> lr > 0)
          .as(TRANSFORMERS);

  static final Key<Optional<Double>> LORAPLUS_LR_RATIO =
      Key.optional(
              "train.loraplus_lr_ratio",
              ValueTypes.NUMBER,
              "no LoRA+",
              "B's learning rate over A's (LoRA+, arXiv:2402.12354; 16 there).")
          .must("more than 0", ratio -> ratio.orElse(1.0) > 0)
          .as(PEFT);

  static final Key<Double> LORAPLUS_LR_EMBEDDING =
      Key.of(
              "train.loraplus_lr_embedding",
              ValueTypes.NUMBER,
              1e-6,
              "With LoRA+: the learning rate of A and B over an embedding.")
          .must("more than 0", lr -> lr > 0)
          .as(PEFT);

  static final Key<Double> LEARNING_RATE_VECTOR_BANK =
      Key.of(
              "train.learning_rate_vector_bank",
              ValueTypes.NUMBER,
              1e-3,
              "The peak learning rate of VB-LoRA's vectors; heads have train.learning_rate.")
          .must("more than 0", lr -> lr > 0)
          .as(VB_LORA);

  static final Key<Double> LEARNING_RATE_LOGITS =
      Key.of(
              "train.learning_rate_logits",
              ValueTypes.NUMBER,
              1e-2,
              "The peak learning rate of VB-LoRA's logits.")
          .must("more than 0", lr -> lr > 0)
          .as(VB_LORA);

  static final Key<Double> WEIGHT_DECAY =
      Key.of(
              "train.weight_decay",
              ValueTypes.NUMBER,
              0.01,
              "Decoupled weight decay (with sgd: added to the gradient); biases have none.")
          .must("at least 0", decay -> decay >= 0)
          .as(TRANSFORMERS);

  static final Key<Double> EPOCHS =
      Key.of("train.epochs", ValueTypes.NUMBER, 1.0, "Passes over the training examples.")
          .must("more than 0", epochs -> epochs > 0);

  static final Key<Optional<Integer>> MAX_STEPS =
      Key.optional(
              "train.max_steps",
              ValueTypes.INTEGER,
              "as many as train.epochs take",
              "The number of optimizer steps, whatever the epochs.")
          .must("at least 1", steps -> steps.isEmpty() || steps.get() >= 1)
          .as(TRANSFORMERS);

  static final Key<Integer> GLOBAL_BATCH_SIZE =
      Key.of(
              "train.global_batch_size",
              ValueTypes.INTEGER,
              128,
              "Examples of one optimizer step, over all ranks and micro-batches.")
          .must("at least 1", size -> size >= 1);

  static final Key<Integer> MICRO_BATCH_SIZE =
      Key.of(
              "train.micro_batch_size",
              ValueTypes.INTEGER,
              4,
              "Examples computed at once, at most the global batch; the step's gradients are"
                  + " accumulated.")
          .must("at least 1", size -> size >= 1);

  static final Key<OptimizerName> OPTIMIZER =
      Key.of(
              "train.optimizer",
              ValueTypes.oneOf(OptimizerName.class),
              OptimizerName.ADAMW,
              "torch's AdamW or SGD, or AdamW with bitsandbytes' 8-bit state; paged: state beyond"
                  + " train.optimizer_memory lies in files, the same bits.")
          .standingFor(OptimizerName::unpaged);

  static final Key<Long> OPTIMIZER_MEMORY =
      Key.of(
              "train.optimizer_memory",
              ValueTypes.SIZE,
              256L << 20,
              "Bytes of a paged optimizer's state that stay in memory; the rest lies in"
                  + " memory-mapped files in the executor's scratch folder.")
          .place();

  static final Key<List<Double>> BETAS =
      Key.of(
              "train.betas",
              ValueTypes.listOf(ValueTypes.NUMBER),
              List.of(0.9, 0.999),
              "AdamW's decay rates of its two moments.")
          .must(
              "two numbers, each at least 0 and less than 1",
              betas -> betas.size() == 2 && betas.stream().allMatch(b -> b >= 0 && b < 1))
          .as(TORCH);

  static final Key<Double> EPS =
      Key.of("train.eps", ValueTypes.NUMBER, 1e-8, "AdamW's term against division by zero.")
          .must("more than 0", eps -> eps > 0)
          .as(TORCH);

  static final Key<Double> MOMENTUM =
      Key.of("train.momentum", ValueTypes.NUMBER, 0.9, "SGD's momentum.")
          .must("at least 0 and less than 1", momentum -> momentum >= 0 && momentum < 1)
          .as(TORCH);

  static final Key<LearningRateSchedule.Shape> LR_SCHEDULER =
      Key.of(
          "train.lr_scheduler",
          ValueTypes.oneOf(LearningRateSchedule.Shape.class),
          LearningRateSchedule.Shape.COSINE,
          "How the learning rate falls to zero after the warm-up, or that it stays.");

  static final Key<Optional<Integer>> WARMUP_STEPS =
      Key.optional(
              "train.warmup_steps",
              ValueTypes.INTEGER,
              "the lesser of 100 and a tenth of all steps",
              "Steps in which the learning rate rises from zero to its peak.")
          .must("at least 0", steps -> steps.isEmpty() || steps.get() >= 0)
          .as(TRANSFORMERS);

  static final Key<Double> MAX_GRAD_NORM =
      Key.of(
              "train.max_grad_norm",
              ValueTypes.NUMBER,
              1.0,
              "The global norm that gradients are clipped to; 0 turns clipping off.")
          .must("at least 0", norm -> norm >= 0)
          .as(TRANSFORMERS);

  static final Key<Checkpointing> GRADIENT_CHECKPOINTING =
      Key.of(
              "train.gradient_checkpointing",
              ValueTypes.oneOf(Checkpointing.class),
              Checkpointing.AUTO,
              "true keeps only the layers' inputs and computes the rest again in the backward pass:"
                  + " least memory, about a third more time. products also keeps the results of"
                  + " the large products, false keeps all; auto chooses by memory. The same bits.")
          .as(TRANSFORMERS)
          .place();

  static final Key<Long> SEED =
      Key.of("train.seed", ValueTypes.LONG, 42L, "Seeds A, the order of the examples, and dropout.")
          .as(TRANSFORMERS);

  static final Key<Integer> RANKS =
      Key.of(
              "train.ranks",
              ValueTypes.INTEGER,
              1,
              "Spark tasks that train together, one per executor; any number gives the same bits.")
          .must("at least 1", ranks -> ranks >= 1)
          .place();

  static final Key<Integer> SAVE_STEPS =
      Key.of(
              "train.save_steps",
              ValueTypes.INTEGER,
              100,
              "Steps between checkpoints: what a lost executor costs at most.")
          .must("at least 1", steps -> steps >= 1)
          .as(TRANSFORMERS)
          .place();

  static final Key<Integer> KEEP_CHECKPOINTS =
      Key.of("train.keep_checkpoints", ValueTypes.INTEGER, 2, "How many of the newest stay.")
          .must("at least 1", count -> count >= 1)
          .place();

  static final Key<String> RESUME =
      Key.of(
              "train.resume",
              ValueTypes.TEXT,
              "auto",
              "auto goes on from the run's last checkpoint, never begins anew, a path names a"
                  + " checkpoint.")
          .must("auto, never, or a path", resume -> !resume.isBlank())
          .place();

  static final Key<Integer> MAX_ATTEMPTS =
      Key.of(
              "train.max_attempts",
              ValueTypes.INTEGER,
              4,
              "Attempts in all, where executors are lost.")
          .must("at least 1", attempts -> attempts >= 1)
          .place();

  static final List<Key<?>> KEYS =
      List.of(
          LEARNING_RATE,
          LORAPLUS_LR_RATIO,
          LORAPLUS_LR_EMBEDDING,
          LEARNING_RATE_VECTOR_BANK,
          LEARNING_RATE_LOGITS,
          WEIGHT_DECAY,
          EPOCHS,
          MAX_STEPS,
          GLOBAL_BATCH_SIZE,
          MICRO_BATCH_SIZE,
          OPTIMIZER,
          OPTIMIZER_MEMORY,
          BETAS,
          EPS,
          MOMENTUM,
          LR_SCHEDULER,
          WARMUP_STEPS,
          MAX_GRAD_NORM,
          GRADIENT_CHECKPOINTING,
          SEED,
          RANKS,
          SAVE_STEPS,
          KEEP_CHECKPOINTS,
          RESUME,
          MAX_ATTEMPTS);

  static TrainSection of(EffectiveRecipe recipe) {
    return new TrainSection(
        rates(recipe),
        recipe.value(EPOCHS),
        recipe.value(MAX_STEPS),
        recipe.value(GLOBAL_BATCH_SIZE),
        Math.min(recipe.value(MICRO_BATCH_SIZE), recipe.value(GLOBAL_BATCH_SIZE)),
        recipe.value(OPTIMIZER),
        recipe.value(OPTIMIZER_MEMORY),
        recipe.value(BETAS),
        recipe.value(EPS),
        recipe.value(MOMENTUM),
        recipe.value(LR_SCHEDULER),
        recipe.value(WARMUP_STEPS),
        recipe.value(MAX_GRAD_NORM),
        recipe.value(GRADIENT_CHECKPOINTING),
        recipe.value(SEED),
        recipe.value(RANKS),
        recipe.value(SAVE_STEPS),
        recipe.value(KEEP_CHECKPOINTS),
        recipe.value(RESUME),
        recipe.value(MAX_ATTEMPTS));
  }

  private static ParameterRates rates(EffectiveRecipe recipe) {
    return new ParameterRates(
        recipe.value(LEARNING_RATE),
        recipe.value(LORAPLUS_LR_RATIO).stream().mapToDouble(ratio -> ratio).findFirst(),
        recipe.value(LORAPLUS_LR_EMBEDDING),
        recipe.value(LEARNING_RATE_VECTOR_BANK),
        recipe.value(LEARNING_RATE_LOGITS),
        recipe.value(WEIGHT_DECAY));
  }

  /** The same settings as the train room takes them, without packing. */
  public TrainSettings settings() {
    return new TrainSettings(
        rates.learningRate(),
        rates.weightDecay(),
        epochs,
        steps(maxSteps),
        globalBatchSize,
        new MicroBatching.Examples(microBatchSize),
        optimizerSettings(),
        lrScheduler,
        steps(warmupSteps),
        maxGradNorm,
        seed,
        saveSteps,
        keepCheckpoints);
  }

  OptimizerSettings optimizerSettings() {
    return switch (optimizer) {
      case ADAMW, PAGED_ADAMW_32BIT -> adamW(Means.FLOAT32);
      case ADAMW_8BIT, PAGED_ADAMW_8BIT -> adamW(Means.BLOCKWISE_8BIT);
      case SGD -> new OptimizerSettings.SgdSettings(momentum);
    };
  }

  private OptimizerSettings adamW(Means means) {
    return new OptimizerSettings.AdamWSettings(betas.get(0), betas.get(1), eps, means);
  }

  /**
   * Where the optimizer's state lies.
   *
   * @param scratch for the files of a paged optimizer
   */
  public StateMemory stateMemory(Path scratch) {
    return optimizer.isPaged()
        ? new StateMemory.Paged(scratch, optimizerMemory)
        : new StateMemory.Resident();
  }

  private static OptionalLong steps(Optional<Integer> steps) {
    return steps.stream().mapToLong(Integer::longValue).findFirst();
  }
}
