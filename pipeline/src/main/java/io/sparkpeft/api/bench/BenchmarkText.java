package io.sparkpeft.api.bench;

import io.sparkpeft.api.bench.Benchmark.Limit;
import io.sparkpeft.api.bench.Benchmark.Memory;
import io.sparkpeft.api.bench.Benchmark.Part;
import io.sparkpeft.api.bench.Benchmark.Setting;
import io.sparkpeft.api.bench.Benchmark.Speed;
import java.util.Comparator;
import java.util.OptionalLong;

/** A benchmark as tables for a person. */
final class BenchmarkText {
  private static final double MEBIBYTE = 1 << 20;
  private static final double GIGA = 1e9;

  private final StringBuilder text = new StringBuilder();

  private BenchmarkText() {}

  static String of(Benchmark benchmark) {
    BenchmarkText table = new BenchmarkText();
    table.setting(benchmark.setting());
    table.speed(benchmark);
    table.parts(benchmark);
    table.memory(benchmark.memory());
    return table.text.toString().stripTrailing();
  }

  private void setting(Setting setting) {
    line(
        "model",
        "%s, %,d parameters, %s"
            .formatted(setting.model(), setting.parameters(), setting.weights()));
    setting
        .quantized()
        .ifPresent(
            quantized ->
                line(
                    "quantised",
                    "%,d weights, %s, %.3f bits each"
                        .formatted(
                            quantized.weights(),
                            quantized.settings().text(),
                            quantized.bitsPerWeight())));
    line("trained", "%,d parameters".formatted(setting.trainableParameters()));
    line("documents", setting.documents());
    line(
        "setting",
        "%s, %s, %s; %d workers, %smicro-batches of %d, steps of %d"
            .formatted(
                setting.device(),
                setting.arithmetic(),
                setting.checkpointing(),
                setting.workers(),
                setting.packing() ? "packed " : "",
                setting.microBatchSize(),
                setting.globalBatchSize()));
  }

  private void speed(Benchmark benchmark) {
    Speed speed = benchmark.speed();
    Limit limit = benchmark.limit();
    blank();
    row("tokens per second", "%,.1f", speed.tokensPerSecond(), "real tokens");
    row("target tokens per second", "%,.1f", speed.targetTokensPerSecond(), "");
    row("seconds per step", "%.3f", speed.secondsPerStep(), "over " + speed.steps() + " steps");
    row("  of processor time", "%.3f", speed.processorSecondsPerStep(), "of all threads");
    row("GFLOP per step", "%,.2f", speed.flops().total() / GIGA, "what is recomputed counts");
    row("GFLOP per second", "%,.1f", speed.flopsPerSecond() / GIGA, "executed");
    row("GEMM limit, GFLOP per second", "%,.1f", limit.flopsPerSecond() / GIGA, limit.fastest());
    row("  the model's own mix of products", "%,.1f", limit.mixedFlopsPerSecond() / GIGA, "");
    row(
        "  of one worker, processor time",
        "%,.1f",
        limit.flopsPerProcessorSecond() / GIGA,
        "beside the parts below");
    row("share of the limit", "%.2f", benchmark.shareOfLimit(), "");
    row("  of the model's own mix", "%.2f", benchmark.shareOfMixedLimit(), "");
    row(
        "  of the limit, in processor time",
        "%.2f",
        benchmark.shareOfLimitInProcessorTime(),
        "blind to other processes");
    row(
        "loss of the first and last step",
        "%.4f",
        speed.lossFirst(),
        "%.4f".formatted(speed.lossLast()));
  }

  private void parts(Benchmark benchmark) {
    double all = benchmark.parts().stream().mapToDouble(Part::secondsPerStep).sum();
    blank();
    text.append(
        "%-34s %12s %8s %15s%n"
            .formatted("part of a step", "ms, threads", "share", "GFLOP/s of one"));
    benchmark.parts().stream()
        .filter(part -> part.secondsPerStep() > 0)
        .sorted(Comparator.comparingDouble(Part::secondsPerStep).reversed())
        .forEach(part -> part(part, all));
  }

  private void part(Part part, double all) {
    text.append(
        "  %-32s %,12.2f %7.1f%% %15s%n"
            .formatted(
                part.name(),
                part.secondsPerStep() * 1e3,
                100 * part.secondsPerStep() / all,
                rate(part.flopsPerStep(), part.secondsPerStep())));
  }

  private static String rate(OptionalLong flops, double seconds) {
    return flops.isPresent() ? "%,.1f".formatted(flops.getAsLong() / seconds / GIGA) : "";
  }

  private void memory(Memory memory) {
    blank();
    mebibytes("peak memory", memory.peak(), "resident");
    mebibytes("  process floor", memory.floor(), "JVM, libtorch, compiled kernels");
    mebibytes("  weights", memory.weights(), "predicted " + shown(memory.predicted().weights()));
    long predicted = memory.predicted().total() - memory.predicted().weights();
    mebibytes(
        "  activations and rest",
        memory.activationsAndRest(),
        "predicted " + shown(predicted) + " for the longest documents");
    mebibytes("    of these, Java's heap", memory.heap(), "at most");
    long paged = memory.predicted().optimizerFiles();
    mebibytes(
        "    of these, optimizer state",
        memory.predicted().optimizer(),
        paged > 0 ? "and " + shown(paged) + " in files" : "predicted");
  }

  private void mebibytes(String name, long bytes, String note) {
    row(name, "%s", shown(bytes), note);
  }

  private static String shown(long bytes) {
    return "%,.1f MiB".formatted(bytes / MEBIBYTE);
  }

  private void line(String name, String value) {
    text.append("%-12s %s%n".formatted(name, value));
  }

  private void row(String name, String format, Object value, String note) {
    text.append("%-34s %14s  %s".formatted(name, format.formatted(value), note).stripTrailing())
        .append(System.lineSeparator());
  }

  private void blank() {
    text.append(System.lineSeparator());
  }
}
