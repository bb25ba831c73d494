// Count, then insert, with the off-by-one corrected: what remains is the race alone.
#include "strategies/count_then_insert.h"

namespace couponctl::strategies {
namespace {

const Register<Tables, EachAlone<CountThenInsert<at_limit>>> registered{
    {.name = "naive-ge", .summary = "the same with `>=`: the race alone", .step = 20}};

}  // namespace
}  // namespace couponctl::strategies
