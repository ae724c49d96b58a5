//! Until when something may be done online.

use domain::changing::Cutoff;

#[test]
fn hours_are_kept_as_they_were_set() {
    for hours in [None, Some(0), Some(24), Some(Cutoff::MOST_HOURS)] {
        let cutoff = Cutoff::try_from(hours).unwrap();
        assert_eq!(cutoff.get(), hours);
        assert_eq!(Option::<u16>::from(cutoff), hours);
        let text = serde_json::to_string(&cutoff).unwrap();
        assert_eq!(serde_json::from_str::<Cutoff>(&text).unwrap(), cutoff);
    }
    assert!(serde_json::from_str::<Cutoff>("721").is_err());
}
