package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** PEFT's VBLoRAConfig (r 4, 256 vectors of 256, topk 2 unless set otherwise). */
public final class VbLoraConfig extends AdapterConfig {
  /** The one tensor that no module's path is in the name of. */
  static final String BANK = "base_model.vblora_vector_bank";

  VbLoraConfig(ObjectNode keys) {
    super(keys);
  }

  /** As {@link LoraConfig#resolvedFor}. */
  @Override
  public AdapterConfig resolvedFor(BaseModel base) {
    AdapterConfig targeted =
        targetModules().isPresent()
            ? this
            : with("target_modules", VbLoraDefaultTargets.of(base.modelType()));
    return TargetModules.resolved(targeted, base);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) naming the modules whose widths are no
   *     multiples of {@link #vectorLength}
   */
  @Override
  public AdapterShape shape(BaseModel base) {
    List<VbLoraTarget> targets = targets(base);
    WholeTensors whole = whole(targets, base);
    List<AdaptedModule> modules = new ArrayList<>();
    targets.forEach(target -> modules.add(target.adapted(dropout())));
    modules.addAll(whole.modules(base));
    List<TensorEntry> trained = trainedEntries(targets, whole);
    List<TensorEntry> saved = saveOnlyTopkWeights() ? topkEntries(targets, whole) : trained;
    return new AdapterShape(modules, whole.others(base), trained, saved);
  }

  /** What is trained beside bank and logits: bias and modules_to_save. */
  WholeTensors whole(List<VbLoraTarget> targets, BaseModel base) {
    Set<String> adapted =
        targets.stream().map(target -> target.module().name()).collect(Collectors.toSet());
    return WholeTensors.of(this, TrainedTensor.Bias.of(key("bias"), "vblora_only"), base, adapted);
  }

  List<VbLoraTarget> targets(BaseModel base) {
    List<LinearModule> modules = TargetModules.match(this, base.linearModules());
    List<String> indivisible =
        modules.stream()
            .filter(module -> module.in() % vectorLength() + module.out() % vectorLength() != 0)
            .map(module -> module.name() + " (" + module.in() + " to " + module.out() + ")")
            .toList();
    if (!indivisible.isEmpty()) {
      throw AdapterErrors.indivisible(vectorLength(), indivisible);
    }
    return modules.stream()
        .map(module -> new VbLoraTarget(module, r(), vectorLength(), numVectors()))
        .toList();
  }

  TensorEntry bankEntry() {
    return new TensorEntry(BANK, Dtype.FLOAT32, new long[] {numVectors(), vectorLength()});
  }

  List<TensorEntry> trainedEntries(List<VbLoraTarget> targets, WholeTensors whole) {
    List<TensorEntry> entries = new ArrayList<>(List.of(bankEntry()));
    targets.forEach(target -> target.sides().forEach(side -> entries.add(side.logitsEntry())));
    entries.addAll(whole.entries());
    return entries;
  }

  List<TensorEntry> topkEntries(List<VbLoraTarget> targets, WholeTensors whole) {
    List<TensorEntry> entries = new ArrayList<>(List.of(bankEntry()));
    for (VbLoraTarget target : targets) {
      for (VbLoraTarget.Side side : target.sides()) {
        entries.add(side.indicesEntry(topk(), indexType()));
        entries.add(side.weightsEntry(topk()));
      }
    }
    entries.addAll(whole.entries());
    return entries;
  }

  /** The smallest type that PEFT takes for a place in the bank. */
  Dtype indexType() {
    if (numVectors() < 1 << 8) {
      return Dtype.UINT8;
    }
    return numVectors() < 1 << 15 ? Dtype.INT16 : Dtype.INT32;
  }

  /**
   * How many values a file has of bank and logits, in fp32 values' worth as PEFT's
   * get_nb_savable_parameters counts.
   *
   * @param onlyTopk whether it is a file of {@link #saveOnlyTopkWeights}
   */
  public long savableParameters(BaseModel base, boolean onlyTopk) {
    List<VbLoraTarget> targets = targets(base);
    WholeTensors none = new WholeTensors(List.of());
    List<TensorEntry> entries =
        onlyTopk ? topkEntries(targets, none) : trainedEntries(targets, none);
    return entries.stream().mapToLong(entry -> entry.elements() * entry.dtype().bytes()).sum()
        / Float.BYTES;
  }

  @Override
  public double dropout() {
    return vbloraDropout();
  }

  @Override
  public Optional<String> whyNotTrained() {
    return saveOnlyTopkWeights()
        ? Optional.of(
            "It was saved with save_only_topk_weights: the logits of the vectors that were not"
                + " chosen are gone, and with them every other choice.")
        : Optional.empty();
  }

  /** The rank of A and B. */
  public int r() {
    return key("r").intValue();
  }

  /** Vectors in the bank. */
  public int numVectors() {
    return key("num_vectors").intValue();
  }

  /** The length of each; every adapted layer's widths are multiples of it. */
  public int vectorLength() {
    return key("vector_length").intValue();
  }

  /** How many vectors of the bank make a sub-vector. */
  public int topk() {
    return key("topk").intValue();
  }

  /** Whether files hold the chosen vectors' shares alone: far smaller, and not to train on. */
  public boolean saveOnlyTopkWeights() {
    return key("save_only_topk_weights").booleanValue();
  }

  /** The probability of dropping an input element while training, in [0, 1). */
  public double vbloraDropout() {
    return key("vblora_dropout").doubleValue();
  }

  /** The bank begins with values from U(-bound, bound). */
  public double initVectorBankBound() {
    return key("init_vector_bank_bound").doubleValue();
  }

  /** The logits begin normal with that deviation. */
  public double initLogitsStd() {
    return key("init_logits_std").doubleValue();
  }
}
