namespace NetSniff.Tests.Kube;

/// <summary>Waits for what will be so; a minute is for machines that do something else as well.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_max = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    public static async Task Is<T>(T expected, Func<T> actual)
    {
        var began = TimeProvider.System.GetTimestamp();
        var last = actual();
        while (!Equals(expected, last) && TimeProvider.System.GetElapsedTime(began) < s_max)
        {
            await Task.Delay(s_look);
            last = actual();
        }

        // Not looked at again: what was so may be over a moment later.
        Assert.Equal(expected, last);
    }
}
