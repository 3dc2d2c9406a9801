package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.ServedModel;
import java.util.List;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.execution.SparkPlan;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * A step of a query's execution: its child's rows with the results of calls behind them. Public
 * since Spark copies its plans by reflection.
 */
public final class CallsExec extends SparkPlan {
  private static final long serialVersionUID = 1L;

  private final Seq<ScalaUDF> calls;
  private final Seq<Attribute> results;
  private final ServedModel served;
  private final SparkPlan child;

  /**
   * @param results what the calls' results are called, in the calls' order
   */
  public CallsExec(
      Seq<ScalaUDF> calls, Seq<Attribute> results, ServedModel served, SparkPlan child) {
    this.calls = calls;
    this.results = results;
    this.served = served;
    this.child = child;
  }

  @Override
  public Seq<Attribute> output() {
    return ScalaLists.joined(child.output(), results);
  }

  @Override
  public AttributeSet producedAttributes() {
    return AttributeSet.apply(ScalaLists.<Expression>widened(results));
  }

  @Override
  public RDD<InternalRow> doExecute() {
    List<ScalaUDF> all = ScalaLists.toJava(calls);
    List<ModelFunction> functions = all.stream().map(ModelCalls::function).toList();
    List<Expression> arguments =
        all.stream().flatMap(call -> ScalaLists.toJava(call.children()).stream()).toList();
    CallRows rows =
        new CallRows(served, functions, ScalaLists.toScala(arguments), child.output(), output());
    return child.execute().toJavaRDD().mapPartitions(rows).rdd();
  }

  @Override
  public Seq<SparkPlan> children() {
    return ScalaLists.toScala(List.of(child));
  }

  @Override
  public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
    return new CallsExec(calls, results, served, children.apply(0));
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int i) {
    return List.of(calls, results, served, child).get(i);
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof CallsExec;
  }
}
