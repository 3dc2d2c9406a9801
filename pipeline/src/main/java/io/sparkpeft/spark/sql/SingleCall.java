package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.ServedModel;
import io.sparkpeft.spark.eval.TaskModel;
import io.sparkpeft.spark.eval.TaskModel.Call;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;

/**
 * A function for one row at a time: what Spark calls wherever rows cannot be taken together, as in
 * the condition of a join. The model stays with the task until its end.
 */
record SingleCall(ModelFunction function, ServedModel served) implements Serializable {
  private static final Map<Long, TaskModel> OF_TASKS = new ConcurrentHashMap<>();

  UDF2<String, String, Object> ofTwo() {
    return this::call;
  }

  UDF3<String, String, String, Object> ofThree() {
    return this::call;
  }

  private Object call(String... arguments) {
    return ModelFunction.call(arguments)
        .<Object>map(call -> computed(call, Optional.ofNullable(TaskContext.get())))
        .orElse(null);
  }

  /** Without a task it is the driver's optimiser that asks, once, for a call of constants. */
  private Object computed(Call call, Optional<TaskContext> task) {
    if (task.isPresent()) {
      return function.compute(model(task.get()), List.of(call)).get(0);
    }
    try (TaskModel model = served.enter()) {
      return function.compute(model, List.of(call)).get(0);
    }
  }

  private TaskModel model(TaskContext task) {
    return OF_TASKS.computeIfAbsent(
        task.taskAttemptId(), id -> CallRows.entered(served, task, () -> OF_TASKS.remove(id)));
  }
}
