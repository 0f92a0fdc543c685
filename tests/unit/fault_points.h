/* Put before every source of the table by the build of test_table_rebuild: at each step of a change
 * the test is asked whether the process is to die there. */
#ifndef CG_TEST_FAULT_POINTS_H
#define CG_TEST_FAULT_POINTS_H

void reach_fault_point(const char *name);

#define CG_FAULT_POINT(name) reach_fault_point(name)

#endif
