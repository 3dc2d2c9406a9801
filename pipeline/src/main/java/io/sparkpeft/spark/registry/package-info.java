/** Which adapters are promoted: the Delta table adapters. */
package io.sparkpeft.spark.registry;
