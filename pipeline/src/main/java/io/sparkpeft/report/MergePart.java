package io.sparkpeft.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Certificates of merges. */
record MergePart(List<ObjectNode> results) {
  Section section() {
    List<Html> parts =
        results.stream()
            .filter(result -> result.has("certificate"))
            .map(MergePart::certificate)
            .toList();
    return new Section("merge", "Merged model", Html.all(parts));
  }

  private static Html certificate(ObjectNode result) {
    List<Fact> facts = new ArrayList<>(MergeFacts.of(result.path("certificate")));
    facts.add(new Fact("model", result.path("model_path").asText()));
    facts.add(new Fact("run", result.path("run_id").asText()));
    return Html.all(
        Html.tag("p", MergeFacts.verdict(result.path("certificate"))), Table.ofFacts(facts));
  }
}
