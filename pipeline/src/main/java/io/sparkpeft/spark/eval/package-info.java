/**
 * Evaluation and generation on Spark: requests go to the executors, which hold the model; scores
 * and log-likelihoods end in Delta tables. The driver never touches a tensor.
 */
package io.sparkpeft.spark.eval;
