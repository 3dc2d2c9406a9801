package io.sparkpeft.spark.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;

/**
 * The calls of model functions in some expressions, each different one once, and what its result is
 * called.
 */
record ModelCalls(List<ScalaUDF> calls, List<Attribute> results) {

  /**
   * Those whose arguments are texts and call no model themselves; others are left to be computed
   * row by row.
   */
  static ModelCalls in(List<? extends Expression> expressions) {
    List<ScalaUDF> calls = new ArrayList<>();
    expressions.forEach(expression -> collect(expression, calls));
    List<Attribute> results = new ArrayList<>();
    for (ScalaUDF call : calls) {
      results.add(
          new AttributeReference(
              call.name(),
              call.dataType(),
              true,
              Metadata.empty(),
              NamedExpression.newExprId(),
              ScalaLists.toScala(List.of())));
    }
    return new ModelCalls(calls, results);
  }

  private static void collect(Expression expression, List<ScalaUDF> calls) {
    int before = calls.size();
    ScalaLists.toJava(expression.children()).forEach(child -> collect(child, calls));
    if (calls.size() == before
        && isCall(expression)
        && calls.stream().noneMatch(call -> call.semanticEquals(expression))) {
      calls.add((ScalaUDF) expression);
    }
  }

  private static boolean isCall(Expression expression) {
    return expression instanceof ScalaUDF udf
        && find(udf).isPresent()
        && ScalaLists.<Expression>toJava(udf.children()).stream()
            .allMatch(argument -> argument.dataType().equals(DataTypes.StringType));
  }

  private static Optional<ModelFunction> find(ScalaUDF udf) {
    return udf.udfName().isEmpty() ? Optional.empty() : ModelFunction.named(udf.udfName().get());
  }

  static ModelFunction function(ScalaUDF call) {
    return find(call).orElseThrow();
  }

  boolean isEmpty() {
    return calls.isEmpty();
  }

  /** Puts results where the calls are. */
  PartialFunction<Expression, Expression> replaced() {
    return new AbstractPartialFunction<>() {
      @Override
      public boolean isDefinedAt(Expression expression) {
        return place(expression) >= 0;
      }

      @Override
      public Expression apply(Expression expression) {
        return (Expression) results.get(place(expression));
      }
    };
  }

  private int place(Expression expression) {
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).semanticEquals(expression)) {
        return i;
      }
    }
    return -1;
  }
}
