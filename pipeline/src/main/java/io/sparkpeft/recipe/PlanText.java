package io.sparkpeft.recipe;

import java.util.OptionalLong;

/** A plan as a table for a person. */
final class PlanText {
  private static final String ROW = "%-34s %20s  %s%n";
  private static final double MEBIBYTE = 1 << 20;

  private final StringBuilder text = new StringBuilder();

  private PlanText() {}

  static String of(Plan plan) {
    PlanText table = new PlanText();
    table.parameters(plan);
    table.memory(plan.memory());
    table.work(plan);
    return table.text.toString().stripTrailing();
  }

  private void parameters(Plan plan) {
    plan.trainableByModule()
        .forEach(
            (name, count) ->
                row(
                    "  " + name,
                    count,
                    plan.modulesByName().containsKey(name)
                        ? "in %d modules, for %,d weights"
                            .formatted(
                                plan.modulesByName().get(name), plan.weightsByName().get(name))
                        : "shared by all layers"));
    double percent = 100.0 * plan.trainableParameters() / plan.totalParameters();
    row("trainable parameters", plan.trainableParameters(), String.format("%.4f %%", percent));
    row("total parameters", plan.totalParameters(), "of the base");
    plan.quantization()
        .ifPresent(
            settings ->
                text.append(
                    String.format(
                        ROW,
                        "bits per quantised weight",
                        String.format("%.3f", settings.bitsPerWeight()),
                        settings.text())));
    row("adapter file bytes", plan.adapterFileBytes(), "adapter_model.safetensors");
    plan.savable()
        .ifPresent(
            savable -> {
              row("savable parameters", savable.all(), "with all logits");
              row("  or", savable.topk(), "with adapter.save_only_topk_weights, in fp32's worth");
            });
  }

  private void memory(RankMemory memory) {
    text.append(String.format("memory of one rank%n"));
    bytes("  weights", memory.weights(), "mapped from files, shared by a host's ranks");
    if (memory.workspace() > 0) {
      bytes("  workspace", memory.workspace(), "one layer's quantised weights, expanded");
    }
    bytes("  adapter", memory.adapter(), "fp32");
    bytes("  optimizer", memory.optimizer(), "state in memory");
    bytes("  gradients", memory.gradients(), "fp32 and int64 sums, on the heap");
    bytes("  activations", memory.activations(), "of each micro-batch computed at a time");
    bytes("  logits", memory.logits(), "of one chunk of targets");
    if (memory.optimizerFiles() > 0) {
      bytes("  optimizer in files", memory.optimizerFiles(), "of the scratch folder, paged");
    }
    bytes("  all", memory.total(), "");
    bytes("  suggested memoryOverhead", memory.overheadBytes(), "spark.executor.memoryOverhead");
  }

  private void work(Plan plan) {
    row("examples", plan.examples(), "");
    row("steps", plan.steps(), "optimizer steps");
    row("micro-batches per step", plan.microBatchesPerStep(), "");
    row("all-reduce bytes per step", plan.allReduceBytesPerStep(), "sent by each rank");
    row("partitions", plan.partitions(), "tasks of the barrier stage");
    row("slots", plan.partitions(), "all at once");
  }

  private void row(String name, long value, String note) {
    text.append(String.format(ROW, name, String.format("%,d", value), note).stripTrailing())
        .append(System.lineSeparator());
  }

  private void row(String name, OptionalLong value, String note) {
    if (value.isPresent()) {
      row(name, value.getAsLong(), note);
    } else {
      text.append(String.format(ROW, name, "unknown", "prepare the data, or set train.max_steps"));
    }
  }

  private void bytes(String name, long value, String note) {
    String mebibytes = String.format("%,.1f MiB", value / MEBIBYTE);
    text.append(String.format(ROW, name, mebibytes, note).stripTrailing())
        .append(System.lineSeparator());
  }
}
