package io.sparkpeft.spark.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.runtime.AbstractPartialFunction;

/** Takes calls out of filters, aggregates and their like, into a projection below. */
final class CallsBelow extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(
        new AbstractPartialFunction<LogicalPlan, LogicalPlan>() {
          @Override
          public boolean isDefinedAt(LogicalPlan node) {
            return node instanceof UnaryNode && !(node instanceof Project);
          }

          @Override
          public LogicalPlan apply(LogicalPlan node) {
            return withCallsBelow(node);
          }
        });
  }

  private static LogicalPlan withCallsBelow(LogicalPlan node) {
    ModelCalls calls = ModelCalls.in(ScalaLists.<Expression>toJava(node.expressions()));
    if (calls.isEmpty()) {
      return node;
    }
    LogicalPlan child = ScalaLists.<LogicalPlan>toJava(node.children()).get(0);
    List<NamedExpression> columns = new ArrayList<>(ScalaLists.<Attribute>toJava(child.output()));
    for (int i = 0; i < calls.calls().size(); i++) {
      columns.add(named(calls.calls().get(i), calls.results().get(i)));
    }
    Project below = new Project(ScalaLists.toScala(columns), child);
    LogicalPlan replaced =
        node.withNewChildren(ScalaLists.toScala(List.of(below)))
            .transformExpressions(calls.replaced());
    return new Project(ScalaLists.toScala(ScalaLists.toJava(node.output())), replaced);
  }

  private static NamedExpression named(Expression call, Attribute result) {
    return new Alias(
        call,
        result.name(),
        result.exprId(),
        ScalaLists.toScala(List.of()),
        Option.empty(),
        ScalaLists.toScala(List.of()));
  }
}
