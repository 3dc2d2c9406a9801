package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.ServedModel;
import io.sparkpeft.spark.eval.TaskModel;
import io.sparkpeft.spark.eval.TaskModel.Call;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.util.TaskCompletionListener;
import scala.collection.immutable.Seq;

/**
 * A task's rows with the results of calls behind their columns, many rows at a time.
 *
 * @param arguments of all calls, one call after another
 * @param input the rows' columns
 * @param output the same and the results
 */
record CallRows(
    ServedModel served,
    List<ModelFunction> functions,
    Seq<Expression> arguments,
    Seq<Attribute> input,
    Seq<Attribute> output)
    implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {
  /** Rows that wait for each other; more of them make fuller batches. */
  private static final int ROWS = 256;

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> rows) {
    if (!rows.hasNext()) {
      return rows;
    }
    return new Results(rows, entered(served, TaskContext.get(), () -> {}));
  }

  /** The model, until the task's end. */
  static TaskModel entered(ServedModel served, TaskContext task, Runnable atItsEnd) {
    TaskModel model = served.enter();
    TaskCompletionListener leave =
        ended -> {
          atItsEnd.run();
          model.close();
        };
    task.addTaskCompletionListener(leave);
    return model;
  }

  /** The rows of one task. */
  private final class Results implements Iterator<InternalRow> {
    private final Iterator<InternalRow> rows;
    private final TaskModel model;
    private final UnsafeProjection values = UnsafeProjection.create(arguments, input);
    private final UnsafeProjection joined =
        UnsafeProjection.create(ScalaLists.<Expression>widened(output), output);
    private Iterator<InternalRow> done = List.<InternalRow>of().iterator();

    Results(Iterator<InternalRow> rows, TaskModel model) {
      this.rows = rows;
      this.model = model;
    }

    @Override
    public boolean hasNext() {
      return done.hasNext() || rows.hasNext();
    }

    @Override
    public InternalRow next() {
      if (!done.hasNext()) {
        done = computed();
      }
      return done.next();
    }

    private Iterator<InternalRow> computed() {
      List<InternalRow> taken = new ArrayList<>();
      List<UnsafeRow> texts = new ArrayList<>();
      while (taken.size() < ROWS && rows.hasNext()) {
        InternalRow row = rows.next();
        taken.add(row.copy());
        texts.add(values.apply(row).copy());
      }
      List<Object[]> results = taken.stream().map(row -> new Object[functions.size()]).toList();
      int first = 0;
      for (int i = 0; i < functions.size(); i++) {
        compute(i, first, texts, results);
        first += functions.get(i).arguments();
      }
      return IntStream.range(0, taken.size())
          .<InternalRow>mapToObj(
              i ->
                  joined.apply(new JoinedRow(taken.get(i), new GenericInternalRow(results.get(i)))))
          .iterator();
    }

    /**
     * @param index of the call
     * @param first place of its arguments in the texts
     */
    private void compute(int index, int first, List<UnsafeRow> texts, List<Object[]> results) {
      ModelFunction function = functions.get(index);
      List<Integer> places = new ArrayList<>();
      List<Call> calls = new ArrayList<>();
      for (int row = 0; row < texts.size(); row++) {
        Optional<Call> call = ModelFunction.call(texts(function, first, texts.get(row)));
        if (call.isPresent()) {
          places.add(row);
          calls.add(call.get());
        }
      }
      if (calls.isEmpty()) {
        return;
      }
      List<?> computed = function.compute(model, calls);
      for (int i = 0; i < places.size(); i++) {
        results.get(places.get(i))[index] = function.internal(computed.get(i));
      }
    }

    private static String[] texts(ModelFunction function, int first, UnsafeRow row) {
      return IntStream.range(first, first + function.arguments())
          .mapToObj(i -> row.isNullAt(i) ? null : row.getUTF8String(i).toString())
          .toArray(String[]::new);
    }
  }
}
