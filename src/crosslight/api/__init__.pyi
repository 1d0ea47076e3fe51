from .jobs import (
    CallOptions,
    CallSettings,
    assess_job,
    bench_job,
    bench_jobs,
    build_job,
    judge_job,
    prefer_job,
)
from .judge_tuning import judge_tune_job, language_judge_job, tune_judge
from .run import Run, open_run
from .tuning import tune_job, tune_model
from .verbs import (
    assess_images,
    build_dataset,
    build_pages,
    judge_images,
    judge_pages,
    prefer_pages,
    prefer_pairs,
    run_bench,
)

__all__ = [
    "CallOptions",
    "CallSettings",
    "Run",
    "assess_images",
    "assess_job",
    "bench_job",
    "bench_jobs",
    "build_dataset",
    "build_job",
    "build_pages",
    "judge_images",
    "judge_job",
    "judge_pages",
    "judge_tune_job",
    "language_judge_job",
    "open_run",
    "prefer_job",
    "prefer_pages",
    "prefer_pairs",
    "run_bench",
    "tune_job",
    "tune_judge",
    "tune_model",
]
