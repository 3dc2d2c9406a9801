package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.ServedModel;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.ExperimentalMethods;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.SparkStrategy;

/**
 * A model served to Spark SQL: {@code lora_generate(adapter, prompt)} and {@code
 * lora_loglik(adapter, prompt, answer)}. The adapter is named row by row, as {@link
 * io.sparkpeft.spark.eval.AdapterNames} says; rows are computed many at a time, those of different
 * adapters together. Where an argument is null, so is the result.
 */
public final class ModelFunctions {
  private static final String EXCLUDED_RULES = "spark.sql.optimizer.excludedRules";
  private static final String CONVERT_TO_LOCAL_RELATION =
      "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation";

  private ModelFunctions() {}

  /** Registers them with a session, in the place of an earlier model. */
  public static void register(SparkSession session, ServedModel served) {
    session
        .udf()
        .register(
            ModelFunction.LORA_GENERATE.sqlName(),
            new SingleCall(ModelFunction.LORA_GENERATE, served).ofTwo(),
            ModelFunction.LORA_GENERATE.type());
    session
        .udf()
        .register(
            ModelFunction.LORA_LOGLIK.sqlName(),
            new SingleCall(ModelFunction.LORA_LOGLIK, served).ofThree(),
            ModelFunction.LORA_LOGLIK.type());
    keepLocalRelations(session);
    ExperimentalMethods planner =
        ((org.apache.spark.sql.classic.SparkSession) session).experimental();
    List<Rule<LogicalPlan>> rules =
        new ArrayList<>(ScalaLists.toJava(planner.extraOptimizations()));
    rules.removeIf(CallsBelow.class::isInstance);
    rules.add(new CallsBelow());
    planner.extraOptimizations_$eq(ScalaLists.toScala(rules));
    List<SparkStrategy> strategies = new ArrayList<>(ScalaLists.toJava(planner.extraStrategies()));
    strategies.removeIf(CallsOfProjections.class::isInstance);
    strategies.add(new CallsOfProjections(served));
    planner.extraStrategies_$eq(ScalaLists.toScala(strategies));
  }

  /** Spark would compute the calls of a small local table on the driver, row by row. */
  private static void keepLocalRelations(SparkSession session) {
    String excluded = session.conf().get(EXCLUDED_RULES, "");
    if (!excluded.contains(CONVERT_TO_LOCAL_RELATION)) {
      String both =
          excluded.isEmpty()
              ? CONVERT_TO_LOCAL_RELATION
              : excluded + "," + CONVERT_TO_LOCAL_RELATION;
      session.conf().set(EXCLUDED_RULES, both);
    }
  }
}
