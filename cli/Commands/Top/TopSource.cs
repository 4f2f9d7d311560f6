namespace NetSniff.Cli.Commands.Top;

/// <summary>Where `top` has its numbers from: fills a tally from threads of its own, under the tally's lock.</summary>
internal abstract class TopSource : IDisposable
{
    /// <summary>What it looks at, for the first line.</summary>
    public abstract string Title { get; }

    /// <summary>What is wrong with it now; empty when nothing is.</summary>
    public virtual string Trouble => "";

    /// <summary>Whether nothing more will come.</summary>
    public virtual bool IsOver => false;

    public abstract void Start(TopTally tally);

    /// <summary>Called under the lock before the tally is drawn: what is lost, how many flows there are.</summary>
    public virtual void Refresh(TopTally tally)
    {
    }

    public abstract void Dispose();
}
