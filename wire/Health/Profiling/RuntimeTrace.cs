using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>What is asked of the runtime.</summary>
[Flags]
internal enum TraceParts
{
    /// <summary>A look at all managed threads, a thousand times a second.</summary>
    Samples = 1,

    /// <summary>At the end, where each method's code lies.</summary>
    Methods = 2,
}

/// <summary>One session of the runtime's event pipe, read as it comes by a thread that gives way to all others.
/// </summary>
internal sealed class RuntimeTrace : IDisposable
{
    /// <summary>Of events that nobody has read yet; the reader is never far behind.</summary>
    private const int BufferMebibytes = 32;

    /// <summary>Of the rundown: methods of the compiler (0x10), those compiled ahead (0x20), and that there is one
    /// (0x100). How instructions map to those of the language, which it tells by default, is most of its work.
    /// </summary>
    private const long MethodsKeyword = 0x130;

    /// <summary>What the runtime may take to tell the names of its methods when the recording stops.</summary>
    private static readonly TimeSpan s_stopMax = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EventPipeSession _session;
    private readonly SampledStacks _stacks;

    private RuntimeTrace(EventPipeSession session, SampledStacks stacks)
    {
        (_session, _stacks) = (session, stacks);
        new Thread(Read) { Name = "flamegraph", IsBackground = true }.Start();
    }

    public Task Ended => _ended.Task;

    /// <summary>CPU time that reading it took; known when it has ended.</summary>
    public TimeSpan Cost { get; private set; }

    /// <exception cref="DiagnosticsClientException">The runtime was told not to be looked at
    /// (DOTNET_EnableDiagnostics=0).</exception>
    public static async Task<RuntimeTrace> StartAsync(
        TraceParts parts, SampledStacks stacks, CancellationToken cancel)
    {
        // A session has to ask for something; of a provider that nobody is nothing comes.
        var provider = parts.HasFlag(TraceParts.Samples) ? "Microsoft-DotNETCore-SampleProfiler" : "NetSniff-Nothing";
        var asked = new EventPipeSessionConfiguration(
            [new EventPipeProvider(provider, EventLevel.Informational)],
            BufferMebibytes,
            rundownKeyword: parts.HasFlag(TraceParts.Methods) ? MethodsKeyword : 0,
            requestStackwalk: parts.HasFlag(TraceParts.Samples));
        var client = await ClientAsync(cancel).ConfigureAwait(false);
        return new RuntimeTrace(await client.StartEventPipeSessionAsync(asked, cancel).ConfigureAwait(false), stacks);
    }

    /// <summary>The library looks through all of the temporary folder for the runtime's socket, for each session and
    /// for the end of each. Its name is the process and when that began, as the kernel counts.</summary>
    private static async Task<DiagnosticsClient> ClientAsync(CancellationToken cancel)
    {
        const int StartField = 22 - 3; // of those behind the name
        if (OperatingSystem.IsLinux() && ThreadList.FieldsOf(File.ReadAllText("/proc/self/stat")) is { } fields
            && fields.Length > StartField)
        {
            var name = $"dotnet-diagnostic-{Environment.ProcessId}-{fields[StartField]}-socket";
            var path = Path.Combine(Path.GetTempPath(), name);
            if (File.Exists(path))
            {
                var port = await DiagnosticsClientConnector.FromDiagnosticPort($"{path},connect", cancel)
                    .ConfigureAwait(false);
                return port.Instance;
            }
        }

        return new DiagnosticsClient(Environment.ProcessId);
    }

    /// <summary>Ends it and waits until all of it was read.</summary>
    public async Task StopAsync()
    {
        using var limit = new CancellationTokenSource(s_stopMax);
        await _session.StopAsync(limit.Token).ConfigureAwait(false);
        await _ended.Task.WaitAsync(limit.Token).ConfigureAwait(false);
    }

    public void Dispose() => _session.Dispose();

    private void Read()
    {
        try
        {
            LowPriority.Apply();
            var reader = new NettraceReader(_session.EventStream, _stacks);
            reader.ReadAll();
            _stacks.LostEvents += reader.Lost;
            Cost = LowPriority.ThreadCpu();
            _ended.SetResult();
        }
#pragma warning disable CA1031 // Whatever it is, who waits is told; from here it would end the program.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _ended.SetException(problem);
        }
    }
}
