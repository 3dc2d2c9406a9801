package io.sparkpeft.report;

import static io.sparkpeft.chart.Numbers.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A merge's certificate in words. */
public final class MergeFacts {
  private MergeFacts() {}

  /**
   * @param certificate as {@code _RESULT.json} of a merge has it
   */
  public static List<Fact> of(JsonNode certificate) {
    return List.of(
        new Fact("merged into", certificate.path("base").asText() + " weights"),
        new Fact(
            "changed tensors",
            "%d, by up to %s"
                .formatted(
                    certificate.path("changed_tensors").asInt(),
                    number(certificate, "max_abs_weight_change"))),
        new Fact(
            "merged against unmerged",
            differ(certificate, "max_abs_logit_difference", "mean_abs_logit_difference")),
        new Fact(
            "base against unmerged",
            differ(certificate, "max_abs_logit_change", "mean_abs_logit_change")),
        new Fact(
            "equal greedy tokens",
            "%d of %d, from %d prompts"
                .formatted(
                    certificate.path("equal_greedy_tokens").asInt(),
                    certificate.path("greedy_tokens").asInt(),
                    certificate.path("prompts").asInt())));
  }

  /** How large the merge's error is beside what the adapter does. */
  public static String verdict(JsonNode certificate) {
    double error = certificate.path("max_abs_logit_difference").asDouble();
    double change = certificate.path("max_abs_logit_change").asDouble();
    return "Merging changed the logits by %s of what the adapter changes them; %s of the greedy tokens stay the same."
        .formatted(
            percent(error / change), percent(certificate.path("equal_greedy_share").asDouble()));
  }

  private static String differ(JsonNode certificate, String most, String mean) {
    return "logits differ by up to %s, in the mean by %s"
        .formatted(number(certificate, most), number(certificate, mean));
  }

  private static String number(JsonNode certificate, String key) {
    return text(certificate.path(key).asDouble());
  }

  private static String percent(double share) {
    return text(Math.round(share * 1e4) / 1e2) + " %";
  }
}
