namespace NetSniff.Storage.MmapQueue;

/// <summary>What is given up last comes first.</summary>
public enum SpoolPriority : byte { Findings, Transactions, Flows, Samples }

/// <summary>What waits for one worker with one priority. Appended to through its <see cref="Spool"/> only.</summary>
public sealed class SpoolLane
{
    public const int WorkerNameMax = 63;

    internal SpoolLane(string worker, SpoolPriority priority, MmapQueue queue)
    {
        Worker = worker;
        Priority = priority;
        Queue = queue;
        Name = NameOf(worker, priority);
    }

    public string Worker { get; }

    public SpoolPriority Priority { get; }

    /// <summary>`worker/priority`: with the spool's id and a sequence it names an entry for ever.</summary>
    public string Name { get; }

    public MmapQueue Queue { get; }

    public static string NameOf(string worker, SpoolPriority priority) => $"{worker}/{Word(priority)}";

    public static string Word(SpoolPriority priority) => priority switch
    {
        SpoolPriority.Findings => "findings",
        SpoolPriority.Transactions => "transactions",
        SpoolPriority.Flows => "flows",
        _ => "samples",
    };

    /// <summary>Whether a worker may be called so: letters, digits, `-`, `_` and `.`, which no folder minds.</summary>
    public static bool IsWorkerName(string name) =>
        name.Length is > 0 and <= WorkerNameMax
        && name[0] != '.'
        && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
