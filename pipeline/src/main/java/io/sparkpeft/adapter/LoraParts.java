package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that a LoRA adapter consists of in one base.
 *
 * @param linears adapted linear layers, in the base's order
 * @param stacks adapted parameters of many matrices, likewise
 * @param embedding adapted by LoRA, if it is
 * @param whole tensors trained whole
 * @param rows of the embedding and the head, trained in place of the base's
 * @param headFollows whether the tied head takes part in what LoRA or modules_to_save do to the
 *     embedding
 * @param rowsHoldForHead whether the tied head has the embedding's trained rows too
 * @param beginsInBase whether A and B begin as a part of the base's weight, which is taken out of
 *     it
 */
record LoraParts(
    List<LoraTarget> linears,
    List<LoraStackTarget> stacks,
    Optional<LoraEmbeddingTarget> embedding,
    WholeTensors whole,
    List<TrainedRows> rows,
    boolean headFollows,
    boolean rowsHoldForHead,
    boolean beginsInBase) {

  /**
   * @param config resolved
   * @throws io.sparkpeft.base.SparkPeftException (78) if it does not fit the base
   */
  static LoraParts of(LoraConfig config, BaseModel base) {
    List<LoraStackTarget> stacks = LoraStacks.match(config, base);
    List<LoraTarget> linears = LoraTargets.match(config, base, !stacks.isEmpty());
    Optional<LoraEmbeddingTarget> embedding = LoraTargets.embedding(config, base);
    Set<String> adapted = new HashSet<>();
    linears.forEach(target -> adapted.add(target.module().name()));
    embedding.ifPresent(target -> adapted.add(target.module().name()));
    WholeTensors whole = WholeTensors.of(config, config.bias(), base, adapted);
    List<TrainedRows> rows = TrainedRows.of(config, base);
    LoraParts parts =
        new LoraParts(
            linears,
            stacks,
            embedding,
            whole,
            rows,
            base.tiedHead() && config.ensureWeightTying(),
            base.tiedHead()
                && rows.size() == 1
                && rows.get(0).module().equals(base.embedding().name()),
            config.initLoraWeights().changesBase());
    parts.check(adapted);
    return parts;
  }

  private void check(Set<String> adapted) {
    for (TrainedRows part : rows) {
      if (whole.contains(part.module() + ".weight") || adapted.contains(part.module())) {
        throw AdapterErrors.contradiction(
            "trainable_token_indices",
            part.module() + " is trained by modules_to_save or target_modules already.");
      }
    }
    boolean headIsTied = headFollows && embedding.isPresent();
    if (headIsTied && (adapted.contains(BaseWeights.HEAD) || embedding.get().isDecomposed())) {
      throw AdapterErrors.contradiction(
          "ensure_weight_tying",
          "The head cannot follow the embedding's DoRA, nor have a LoRA of" + " its own.");
    }
  }

  /** The linear layers that are adapted or trained whole. */
  List<AdaptedModule> modules(double dropout, BaseModel base) {
    List<AdaptedModule> modules = new ArrayList<>();
    AdaptedModule.Work work = beginsInBase ? AdaptedModule.Work.REDUCED : AdaptedModule.Work.ADDED;
    linears.forEach(target -> modules.add(target.adapted(dropout, work)));
    modules.addAll(whole.modules(base));
    return modules;
  }

  /** Trained values of everything else, by module. */
  Map<String, Long> others(BaseModel base) {
    Map<String, Long> others = whole.others(base);
    stacks.forEach(
        target -> others.put(target.stack().label(), target.adapted().trainableParameters()));
    embedding.ifPresent(
        target ->
            others.put(
                target.module().name(),
                target.entries().stream().mapToLong(TensorEntry::elements).sum()));
    rows.forEach(part -> others.put(part.module(), part.entry().elements()));
    return others;
  }

  /** The trained tensors. */
  List<TensorEntry> trained() {
    List<TensorEntry> entries = new ArrayList<>();
    linears.forEach(target -> entries.addAll(target.entries()));
    stacks.forEach(target -> entries.addAll(target.entries()));
    embedding.ifPresent(target -> entries.addAll(target.entries()));
    entries.addAll(whole.entries());
    rows.forEach(part -> entries.add(part.entry()));
    return entries;
  }

  /** What adapter_model.safetensors holds. */
  List<TensorEntry> saved() {
    List<TensorEntry> entries = new ArrayList<>();
    linears.forEach(target -> entries.addAll((beginsInBase ? target.doubled() : target).entries()));
    stacks.forEach(target -> entries.addAll(target.entries()));
    embedding.ifPresent(target -> entries.addAll(target.entries()));
    entries.addAll(whole.entries());
    rows.forEach(part -> entries.add(part.entry()));
    entries.addAll(copiesOfHead());
    return entries;
  }

  /** The tied head's own names for what it shares with the embedding, which PEFT writes too. */
  List<TensorEntry> copiesOfHead() {
    String head = LoraTarget.PREFIX + BaseWeights.HEAD;
    if (!headFollows) {
      return List.of();
    }
    List<TensorEntry> copies = new ArrayList<>();
    embedding.ifPresent(
        target -> {
          BaseModel.EmbeddingModule m = target.module();
          copies.add(entry(head + ".lora_A.weight", target.r(), m.width()));
          copies.add(entry(head + ".lora_B.weight", m.vocabulary(), target.r()));
        });
    whole
        .embedding()
        .ifPresent(
            tensor ->
                copies.add(
                    new TensorEntry(head + ".weight", Dtype.FLOAT32, tensor.entry().shape())));
    return copies;
  }

  private static TensorEntry entry(String name, long... shape) {
    return new TensorEntry(name, Dtype.FLOAT32, shape);
  }

  /** What a file may hold beside: PEFT saves the frozen weights of an adapted head or embedding. */
  Map<String, long[]> tolerated() {
    Map<String, long[]> shapes = new HashMap<>();
    for (LoraTarget target : linears) {
      LinearModule module = target.module();
      shapes.put(target.nameOfBaseWeight(), new long[] {module.out(), module.in()});
    }
    embedding.ifPresent(
        target -> {
          long[] shape = {target.module().vocabulary(), target.module().width()};
          shapes.put(target.nameOfBaseWeight(), shape);
          shapes.put(LoraTarget.PREFIX + BaseWeights.HEAD + ".base_layer.weight", shape);
        });
    copiesOfHead().forEach(copy -> shapes.put(copy.name(), copy.shape()));
    return shapes;
  }
}
