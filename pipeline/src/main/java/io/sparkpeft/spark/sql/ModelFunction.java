package io.sparkpeft.spark.sql;

import io.sparkpeft.spark.eval.TaskModel;
import io.sparkpeft.spark.eval.TaskModel.Call;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/** The functions by which SQL asks a model. All arguments are texts, the adapter's name first. */
enum ModelFunction {
  /** {@code lora_generate(adapter, prompt)}: the answer. */
  LORA_GENERATE(2) {
    @Override
    DataType type() {
      return DataTypes.StringType;
    }

    @Override
    List<?> compute(TaskModel model, List<Call> calls) {
      return model.generate(calls);
    }

    @Override
    Object internal(Object value) {
      return UTF8String.fromString((String) value);
    }
  },

  /** {@code lora_loglik(adapter, prompt, answer)}: how likely the answer is, in nats. */
  LORA_LOGLIK(3) {
    @Override
    DataType type() {
      return DataTypes.DoubleType;
    }

    @Override
    List<?> compute(TaskModel model, List<Call> calls) {
      return model.logLikelihoods(calls);
    }

    @Override
    Object internal(Object value) {
      return value;
    }
  };

  private final int arguments;

  ModelFunction(int arguments) {
    this.arguments = arguments;
  }

  String sqlName() {
    return name().toLowerCase(Locale.ROOT);
  }

  int arguments() {
    return arguments;
  }

  abstract DataType type();

  /** One result per call. */
  abstract List<?> compute(TaskModel model, List<Call> calls);

  /** The result as Spark's rows hold it. */
  abstract Object internal(Object value);

  /** The call with these arguments; empty if one is null, for which the result is null too. */
  static Optional<Call> call(String... arguments) {
    if (Arrays.asList(arguments).contains(null)) {
      return Optional.empty();
    }
    return Optional.of(
        new Call(arguments[0], arguments[1], arguments.length > 2 ? arguments[2] : ""));
  }

  static Optional<ModelFunction> named(String sqlName) {
    return Arrays.stream(values()).filter(f -> f.sqlName().equals(sqlName)).findFirst();
  }
}
