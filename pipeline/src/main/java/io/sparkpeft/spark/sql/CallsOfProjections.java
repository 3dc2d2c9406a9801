package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.ServedModel;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/** How a projection that calls a model is executed: many rows at a time. */
final class CallsOfProjections extends SparkStrategy {
  private final ServedModel served;

  CallsOfProjections(ServedModel served) {
    this.served = served;
  }

  @Override
  public Seq<SparkPlan> apply(LogicalPlan plan) {
    if (!(plan instanceof Project project)) {
      return ScalaLists.toScala(List.of());
    }
    List<NamedExpression> columns = ScalaLists.toJava(project.projectList());
    ModelCalls calls = ModelCalls.in(columns.stream().map(CallsOfProjections::expression).toList());
    if (calls.isEmpty()) {
      return ScalaLists.toScala(List.of());
    }
    List<NamedExpression> replaced =
        columns.stream()
            .map(c -> (NamedExpression) expression(c).transformDown(calls.replaced()))
            .toList();
    CallsExec exec =
        new CallsExec(
            ScalaLists.toScala(calls.calls()),
            ScalaLists.toScala(calls.results()),
            served,
            planLater(project.child()));
    return ScalaLists.toScala(List.of(new ProjectExec(ScalaLists.toScala(replaced), exec)));
  }

  private static Expression expression(NamedExpression named) {
    return (Expression) named;
  }
}
