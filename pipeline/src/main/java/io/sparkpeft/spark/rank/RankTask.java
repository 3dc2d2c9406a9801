package io.sparkpeft.spark.rank;

import java.io.Serializable;

/**
 * What every rank of an attempt does, in a Spark task of its own. It looks at {@link
 * RankContext#interrupted} between steps, and fails by throwing: a {@link
 * io.sparkpeft.base.SparkPeftException} reaches the driver with its exit code and its text.
 *
 * @param <R> a small serializable result
 */
@FunctionalInterface
public interface RankTask<R> extends Serializable {
  R run(RankContext context) throws Exception;
}
