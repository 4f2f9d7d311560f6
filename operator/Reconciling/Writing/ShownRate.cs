namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>A number that is never the same twice is written again only when it is another to who reads it.</summary>
internal static class ShownRate
{
    /// <summary>A person reads how much about it is: half as much and less, twice as much and more is news.</summary>
    private const double FactorOfNews = 2;

    /// <param name="least">So little is nothing; whatever is less than this and the factor is all the same.</param>
    public static bool IsAbout(double shown, double now, double least) =>
        Math.Max(shown, now) <= Math.Max(Math.Min(shown, now), least) * FactorOfNews;
}
