package io.sparkpeft.notebook;

import io.sparkpeft.chart.Numbers;
import io.sparkpeft.notebook.Html.Cell;
import io.sparkpeft.recipe.Plan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Plans beside each other: what their adapters would weigh, and what a rank would need. */
public record PlanTable(Map<String, Plan> plans) {
  private static final double MEGABYTE = 1e6;

  public PlanTable {
    plans = Collections.unmodifiableMap(new LinkedHashMap<>(plans));
  }

  public static PlanTable of(String name, Plan plan) {
    return new PlanTable(Map.of(name, plan));
  }

  /** The same with a column more. */
  public PlanTable and(String name, Plan plan) {
    Map<String, Plan> more = new LinkedHashMap<>(plans);
    more.put(name, plan);
    return new PlanTable(more);
  }

  Rendered render() {
    List<String> heads = new ArrayList<>(List.of(""));
    heads.addAll(plans.keySet());
    List<List<Cell>> rows =
        List.of(
            row("trained values", plan -> "%,d".formatted(plan.trainableParameters())),
            row("adapter file", plan -> megabytes(plan.adapterFileBytes())),
            row("base in memory", plan -> megabytes(plan.memory().weights())),
            row("optimizer and gradients", plan -> megabytes(training(plan))),
            row("one rank in all", plan -> megabytes(plan.memory().total())));
    return new Rendered(
        Html.table(heads.stream().map(Html::escape).toList(), rows), TextTable.of(heads, rows));
  }

  private static long training(Plan plan) {
    return plan.memory().optimizer() + plan.memory().gradients();
  }

  private List<Cell> row(String name, Function<Plan, String> value) {
    List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
    plans.values().forEach(plan -> row.add(Cell.number(value.apply(plan))));
    return row;
  }

  private static String megabytes(long bytes) {
    return Numbers.text(bytes / MEGABYTE) + " MB";
  }
}
