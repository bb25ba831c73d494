# The verbs. `make` alone lists them.
SUITES ?= .
.PHONY: help deps build bench deb roots bench-all measure test live fault sanitize tsan coverage lint check-format format stack-up stack-down

help:       # list the verbs
	@sed -n 's/^\([a-z-]*\):[^#]*# /  make \1\t/p' Makefile | expand -t 22

deps:       # install what is missing; quiet when nothing is
	@configs/packages.sh

build: deps # build/couponctl
	@cmake --preset release && cmake --build --preset release

bench: deps # race every strategy on private servers, then remove them
	@echo 'Building build/couponctl, which takes some minutes the first time; then the race'
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target couponctl $$([ -t 1 ] || echo '-- --quiet')
	build/couponctl bench --threads 32 --requests 1000 --private-stack always

deb: deps   # build/couponctl_VERSION_ARCHITECTURE.deb: program, manual, completions, unit, settings
	@configs/packages.sh dpkg-dev
	@cmake --preset release && cmake --build --preset release --target debian
	@cpack --config build/CPackConfig.cmake

bench-all: build # measure every table of README and docs anew, but that of `make measure`
	bench/race.sh --update
	bench/explore.sh --update
	bench/faults.sh --update
	bench/presets.sh --update
	bench/bystander.sh --update
	bench/designs.sh --update

measure: build # measure speed against a reference in the same run, and write README's table of it
	@configs/packages.sh kcat
	bench/measure.sh --update

test: build # all tests: unit, cli, live, and some trials of the fault driver
	ctest --preset release

live: build # the tests on real servers only
	ctest --preset release --label-regex live

fault: build # kill, cut and forget for 15 minutes, and see that no promise breaks
	build/tests/fault_driver --trials 200 --planted all

sanitize: deps # unit, cli and live tests under ASan and UBSan; SUITES='unit|cli': these alone
	@cmake --preset dev && cmake --build --preset dev
	ctest --preset dev --label-regex '$(SUITES)'

tsan: deps  # unit tests, and the live ones of load, consumer and stack, under TSan
	@cmake --preset tsan && cmake --build --preset tsan --target unit_tests live_tests
	build-tsan/tests/unit_tests --gtest_brief=1
	build-tsan/tests/live_tests --gtest_brief=1 --gtest_filter='*Strategy*:GroupApply*:Consume*:KafkaConsumer*:Stack*'

coverage: deps # which part of lib and cmd the tests run, in percent of lines
	@configs/packages.sh gcovr
	@cmake --preset coverage && cmake --build --preset coverage
	ctest --preset coverage
	gcovr --root . --object-directory build-coverage --filter lib/ --filter cmd/ --sort-uncovered

roots:      # build and test in clean roots of Debian 12, 13, sid and sid-mysql; ROOTS=sid: that one
	configs/roots.sh $(ROOTS)

lint: deps  # clang-tidy
	configs/lint.sh

check-format: # fail where clang-format would change something
	@configs/packages.sh clang-format
	git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run -Werror

format:     # clang-format, in place
	@configs/packages.sh clang-format
	git ls-files '*.cpp' '*.h' | xargs clang-format -i

stack-up: build # start private Redis, Kafka and MariaDB
	build/couponctl stack up

stack-down: # stop and remove them
	build/couponctl stack down
