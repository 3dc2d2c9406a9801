package io.sparkpeft.report;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.Histogram;
import io.sparkpeft.chart.Histogram.Bin;
import io.sparkpeft.chart.Histogram.Mark;
import io.sparkpeft.data.TokenAudit;
import io.sparkpeft.spark.table.PrepareResult;
import io.sparkpeft.spark.table.TokenTableSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** What the adapter learnt from: what became of the records, and how long they are. */
record DataPart(Optional<TokenTableSummary> data) {
  private static final int BINS = 40;

  Section section() {
    return new Section("data", "Data", data.map(DataPart::body).orElse(Html.NOTHING));
  }

  private static Html body(TokenTableSummary summary) {
    return Html.tag(
        "div.beside",
        Html.tag("div", Table.ofFacts(facts(summary))),
        summary.lengths().isEmpty() ? Html.NOTHING : Figure.half(histogram(summary)));
  }

  private static List<Fact> facts(TokenTableSummary summary) {
    PrepareResult prepared = summary.prepared();
    TokenAudit audit = prepared.audit();
    long read = audit.records() + audit.droppedRecords();
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("records read", Words.count(read)));
    facts.add(new Fact("to train on", Words.count(prepared.trainRecords())));
    facts.add(new Fact("held back to validate", Words.count(prepared.validationRecords())));
    facts.add(new Fact("dropped", Words.count(audit.droppedRecords())));
    audit.dropped().forEach((why, count) -> facts.add(new Fact("… as " + why, Words.count(count))));
    facts.add(new Fact("cut at the longest length", Words.count(audit.truncated())));
    facts.add(new Fact("tokens", Words.count(audit.tokens())));
    facts.add(
        new Fact(
            "of them to be predicted",
            "%s (%s)"
                .formatted(
                    Words.count(audit.targetTokens()),
                    Words.share((double) audit.targetTokens(), (double) audit.tokens()))));
    facts.add(new Fact("unknown to the vocabulary", Words.count(audit.unknownTokens())));
    facts.add(new Fact("examples that teach to stop", Words.count(audit.endedRecords())));
    facts.add(new Fact("length of an example", lengths(summary.lengths())));
    return facts;
  }

  /** "12 to 61 tokens, half of them up to 31". */
  private static String lengths(SortedMap<Integer, Long> lengths) {
    if (lengths.isEmpty()) {
      return "–";
    }
    return "%d to %d tokens, half of them up to %d"
        .formatted(lengths.firstKey(), lengths.lastKey(), median(lengths));
  }

  private static int median(SortedMap<Integer, Long> lengths) {
    long all = lengths.values().stream().mapToLong(Long::longValue).sum();
    long before = 0;
    for (var length : lengths.entrySet()) {
      before += length.getValue();
      if (2 * before >= all) {
        return length.getKey();
      }
    }
    return lengths.lastKey();
  }

  private static Histogram histogram(TokenTableSummary summary) {
    SortedMap<Integer, Long> lengths = summary.lengths();
    int low = lengths.firstKey();
    int width = Math.max(1, (lengths.lastKey() - low) / BINS + 1);
    long[] counts = new long[(lengths.lastKey() - low) / width + 1];
    lengths.forEach((length, count) -> counts[(length - low) / width] += count);
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      double from = low + (double) i * width;
      bins.add(new Bin(from, from + width, counts[i]));
    }
    Mark median = new Mark(median(lengths) + 0.5, "median");
    return new Histogram(
        "Tokens per example", Axis.of("tokens"), Axis.of("examples"), bins, List.of(median));
  }
}
