/** Instruction sources in, token tables out: the Spark jobs between them. */
package io.sparkpeft.spark.table;
