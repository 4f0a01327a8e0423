"""Trials: what GloCTM does where it is killed, fed nonsense, damaged or abused, thousands of times.

    python -m trials                            # a sample of every kind, within seconds
    python -m trials kills --size full          # one kind in full; a run that was stopped goes on
    python -m trials kills --seed 7 --only 123  # one trial again, as a failure prints it

A kind of trial is a module in ``trials/kinds`` that has a ``KIND``; nothing else lists it:

    from trials.frame import Kind, Trial

    def prepare(folder):        # once per run, in a process of its own: make what all trials read
        ...

    def run(trial):             # one trial, which may choose by ``trial.random`` alone
        trial.part = "build"    # rows of the table count by part
        ended = trial.command("corpus", "build", trial.inputs / "documents.jsonl", "-o", "corpus")
        if ended.code == 0 and not everything_is_there(trial.folder):
            trial.fault("lost", "documents are missing that no message counts")

    KIND = Kind("inputs", "mutated inputs", {"sample": 4, "full": 10_000, "nightly": 50_000}, prepare, run)

``trial.command`` runs the command line, ``trial.process`` any function, each in a process that is forked from this one,
in which everything is imported already. It starts in ``trial.folder``, with limits of memory and time. Whatever ends in
a traceback, an unexpected error or a signal, takes too long or too much memory, is counted without being asked for.
A module must not import anything of numpy or gloctm that computes when it is imported; ``Kind.warms`` names what is
imported before the first fork. No trial may start threads in the runner itself, which could not fork safely then.

What is counted, and should be 0 (``trials.frame.COUNTS``): ``unexpected`` tracebacks and errors, ``hang``, ``memory``,
documents ``lost`` without a word, ``silent`` changes of results, ``leftover`` files.
"""
