using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Plugin;

/// <summary>To a worker that is ready, by a port that the API server forwards.</summary>
internal sealed class WorkerRoute(KubeReading reading, Installation installation, WorkerToken token) : IQueryRoute
{
    /// <summary>Workers that are tried before it is given up.</summary>
    private const int TriesMax = 3;

    private const int NamedMax = 3;

    /// <summary>So that not all who ask go to the first.</summary>
    private static readonly int s_turn = Environment.ProcessId;

    private string _target = "";

    public string Target => Volatile.Read(ref _target);

    public async ValueTask<Stream> ConnectAsync(CancellationToken cancel)
    {
        var pods = await reading.ListAsync(
            KubeKinds.Pods, installation.Namespace, cancel, Installation.WorkerLabels).ConfigureAwait(false);
        List<string> ready = [.. pods.Where(PodState.IsReady).Select(PodState.NameOf)];
        if (ready.Count == 0) throw NoneReady(installation, pods);

        for (var tried = 0; ; tried++)
        {
            var pod = ready[(s_turn + tried) % ready.Count];
            try
            {
                var stream = await reading.Client.ForwardAsync(
                    installation.Namespace, pod, QueryEndpoint.PortDefault, cancel).ConfigureAwait(false);
                Volatile.Write(ref _target, $"pod {pod}");
                return stream;
            }
            catch (ClusterException problem)
            {
                if (problem.Status is 401 or 403)
                {
                    throw new KubeRefusal(
                        "forbidden: it takes the right to create pods/portforward in namespace "
                        + $"{installation.Namespace}, as the role {installation.Instance}-user gives it",
                        FailureKind.Forbidden, problem);
                }

                if (tried + 1 >= Math.Min(TriesMax, ready.Count))
                {
                    throw new KubeRefusal(
                        $"no way to pod {installation.Namespace}/{pod} through the API server: {problem.Message}",
                        FailureKind.Unreachable, problem);
                }
            }
        }
    }

    public ValueTask<string> TokenAsync(CancellationToken cancel) => token.GetAsync(cancel);

    public void Dispose()
    {
        token.Dispose();
        reading.Client.Dispose();
    }

    public static KubeRefusal NoneReady(Installation installation, List<JsonElement> pods)
    {
        if (pods.Count == 0)
        {
            return new KubeRefusal(
                $"there are no workers in namespace {installation.Namespace}: is NetSniff installed? "
                + "--netsniff-namespace says where; `netsniff doctor` says what is missing", FailureKind.NotServed);
        }

        var why = string.Join(
            "; ", pods.Take(NamedMax).Select(static pod => $"{PodState.NameOf(pod)} {PodState.WhyNot(pod)}"));
        var more = pods.Count > NamedMax ? $", and {pods.Count - NamedMax} more" : "";
        return new KubeRefusal(
            $"no worker is ready in namespace {installation.Namespace}: {why}{more}; `netsniff doctor` says more",
            FailureKind.Unreachable);
    }
}
