package io.sparkpeft.api.bench;

import io.sparkpeft.api.bench.Benchmark.Part;
import io.sparkpeft.model.TrainingFlops;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Sorts the times of kernels into the parts of a step. */
final class Parts {
  private static final Predicate<String> ATTENTION = named("attention|cache|rope|rotate|qkv");
  private static final Predicate<String> PRODUCTS = named("linear|lora|low_rank");
  private static final Predicate<String> EXPERTS = named("^(adapted_)?expert_|^adapted_routing");
  private static final Predicate<String> HEAD =
      named(Pattern.quote(KernelTimes.OF_HEAD) + "|cross_entropy|log_likelihood|logits");
  private static final Predicate<String> EMBEDDING = named("embedding|select_rows|first_rows");
  private static final Predicate<String> OPTIMIZER = named("adamw|sgd");
  private static final Predicate<String> DEQUANTIZATION = named("^dequantize$");
  private static final Predicate<String> TRANSFER =
      named("^empty$|^cast$|reinterpret|element_type");
  private static final Predicate<String> LORA_ALONE = named("^lora_parameters_vjp$|^low_rank_path");
  private static final Predicate<String> BOTH_AT_ONCE = named("^lora_linear|^linear_vjp_onto_");

  private final Map<String, KernelTimes.Total> kernels;
  private final int steps;
  private final List<Part> parts = new ArrayList<>();

  private Parts(Map<String, KernelTimes.Total> kernels, int steps) {
    this.kernels = kernels;
    this.steps = steps;
  }

  /**
   * @param span the profiled steps, whose kernels these are
   * @param flops of one of them on average
   * @param productSeconds what the layers' frozen products of one step take alone
   * @param threads seconds of all threads in one step
   */
  static List<Part> of(
      Map<String, KernelTimes.Total> kernels,
      StepTimes.Span span,
      TrainingFlops.Parts flops,
      double productSeconds,
      double threads) {
    Parts sorted = new Parts(kernels, span.steps());
    sorted.sort(flops, productSeconds);
    sorted.add("all-reduce", span.allReduceSeconds() / span.steps(), OptionalLong.empty());
    double known = sorted.parts.stream().mapToDouble(Part::secondsPerStep).sum();
    sorted.add("outside kernels", Math.max(0, threads - known), OptionalLong.empty());
    return List.copyOf(sorted.parts);
  }

  private void sort(TrainingFlops.Parts flops, double productSeconds) {
    Predicate<String> layers = PRODUCTS.and(HEAD.negate());
    double linears = seconds(layers);
    double others = linears - seconds(LORA_ALONE);
    boolean areApart = kernels.keySet().stream().noneMatch(BOTH_AT_ONCE);
    double products = areApart ? others : Math.min(productSeconds, others);
    add("attention", seconds(ATTENTION), OptionalLong.of(flops.attention()));
    add("projections", products, OptionalLong.of(flops.projections()));
    add("LoRA", linears - products, OptionalLong.of(flops.lora()));
    add("head", seconds(HEAD), OptionalLong.of(flops.head()));
    Predicate<String> small = EMBEDDING.or(OPTIMIZER).or(TRANSFER).or(DEQUANTIZATION);
    Predicate<String> known = ATTENTION.or(PRODUCTS).or(EXPERTS).or(HEAD).or(small);
    add("experts", seconds(EXPERTS), OptionalLong.of(flops.experts()));
    add("norms and other elementwise", seconds(known.negate()), OptionalLong.empty());
    add("dequantisation", seconds(DEQUANTIZATION), OptionalLong.empty());
    add("embedding and gathering", seconds(EMBEDDING), OptionalLong.empty());
    add("optimizer", seconds(OPTIMIZER), OptionalLong.empty());
    add("memory and transfer", seconds(TRANSFER), OptionalLong.empty());
  }

  private void add(String name, double secondsPerStep, OptionalLong flopsPerStep) {
    parts.add(new Part(name, secondsPerStep, flopsPerStep));
  }

  private double seconds(Predicate<String> choice) {
    return kernels.entrySet().stream()
            .filter(kernel -> choice.test(kernel.getKey()))
            .mapToDouble(kernel -> kernel.getValue().seconds())
            .sum()
        / steps;
  }

  private static Predicate<String> named(String pattern) {
    return Pattern.compile(pattern).asPredicate();
  }
}
