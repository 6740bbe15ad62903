/* old_news.h - very many servers whose balancers go by what servers said of themselves. */
#ifndef VERIFY_OLD_NEWS_H
#define VERIFY_OLD_NEWS_H

#include "../base/types.h"

/* Mean time in the system, in service times, at `load` of each server; all of exponential service
 * under Poisson arrivals, as the number of servers grows without bound. */

/* Join idle queue with `ratio` servers a dispatcher, of Lu et al. 2011, but with tokens that go out
 * of date: an idle server that a random pick finds keeps its token where it is. */
double old_news_tokens(double ratio, double load);

/* The least loaded of d drawn by a board that is made anew every `period`: Mitzenmacher 2000, the
 * periodic update model. */
double old_news_board(uint32_t d, double period, double load);

#endif
