/**
 * What lies in object stores: brought to local folders, taken from them, and one driver at a time.
 */
package io.sparkpeft.spark.storage;
